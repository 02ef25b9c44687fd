#!/bin/sh
# Compiles the kernels for sm_80, sm_90 and sm_100 and reads what ptxas says about registers. Prints a
# table of kernel, specialisation, registers and bytes of spills and other stack; fails when there are
# any. Then compiles them with NVRTC, as the product does, if that library is found here (NVRTC=PATH
# names it). Where a kernel has a twin in kernels/cuda, that is what runs on CUDA and is compiled.
#
# The rule for LANES, which the CUDA device follows:
#
#   LANES sizeof(storage) = 16       one access of an item moves 16 bytes
#   LANES sizeof(storage) = 8        in a backward pass where T > 4: registers hold 64 bytes an item of
#                                    each tensor it reads, and longer times go through in segments
#
# so 8 lanes of 16 bits up to T = 4 and in every forward pass, else 4; half as many of 32 bits. A file
# that says BLOCKS = 2 before a kernel keeps it within 128 registers, BLOCKS = 3 within 80.
#
# The two 16-bit types differ in one instruction, and sm_100 from sm_90 in none that the kernels use, so
# half and sm_100 are compiled where T = 4 and in the files other than neuron.cu; and T = 16 and 32, which
# take longest, for sm_90.
#
# What is compiled stays in build/check-cuda for check_sass.py.
set -u
JOBS=${JOBS:-2}
NVCC=${NVCC:-nvcc}
DIR=build/check-cuda

if [ "${1:-}" = "--compile" ]; then
  started=$(date +%s)
  # One job: name of a source under $DIR, STORAGE, LANES.
  architectures="80 90"
  case $2 in
    neuron_T4 | others) architectures="80 90 100" ;;
    neuron_T16 | neuron_T32) architectures=90 ;;
  esac
  code=""
  for a in $architectures; do code="$code -gencode arch=compute_$a,code=sm_$a"; done
  # shellcheck disable=SC2086
  $NVCC -std=c++17 --fmad=false -I. -DTWINS=1 -DSTORAGE="$3" -DLANES="$4" -Xptxas -v -fatbin $code \
    -o "$DIR/$2.$3.$4.fatbin" "$DIR/$2.cu" > "$DIR/$2.$3.$4.log" 2>&1
  status=$?
  [ $status -eq 0 ] || { cat "$DIR/$2.$3.$4.log"; touch "$DIR/failed"; }
  word=$(echo float half bfloat16 | cut -d' ' -f$(($3 + 1)))
  echo "  compiled $2, $word, LANES $4, in $(($(date +%s) - started)) s"
  exit 0
fi

command -v "$NVCC" > /dev/null || {
  echo "check-cuda: not checked, there is no nvcc on the PATH"
  exit 0
}
rm -rf "$DIR"
mkdir -p "$DIR"

{
  # The longest first, so that the jobs end together.
  for t in 32 16 8 4 2 1; do
    ./neuron_settings.sh cuda $t | awk -f neuron_instances.awk > "$DIR/neuron_T$t.cu"
    for storage in 0 1 2; do
      [ "$storage" -ne 1 ] || [ "$t" -eq 4 ] || continue
      widest=$((storage == 0 ? 4 : 8))
      echo "neuron_T$t $storage $((t > 4 ? widest / 2 : widest))"
    done
  done
  for define in "STEPS 32" "LEAK 1" "HARD_RESET 1" "DECAY_INPUT 1" "DETACH_RESET 0" "SURROGATE 0"; do
    echo "#define $define"
  done >> "$DIR/neuron_T32.cu"
  echo "#include \"../../../kernels/neuron_stretch.cu\"" >> "$DIR/neuron_T32.cu"
  sed -n '/^#define [A-Z]/p' "$DIR/neuron_T32.cu" | tail -6 > "$DIR/functions.cu"
  echo "#include \"../../../kernels/neuron_functions.cu\"" >> "$DIR/functions.cu"
  echo "functions 0 4"
  # Long forward passes with wide accesses: a few, because the backward ones of these sources, which are
  # never launched, take longest.
  ./neuron_settings.sh cuda 8 | grep "RESIDUAL=[0-2] HARD_RESET=1 DECAY_INPUT=0" |
    awk -f neuron_instances.awk > "$DIR/forward_T8.cu"
  echo "forward_T8 2 8"
  # What runs where the number of channels is odd.
  echo "neuron_T4 0 1"
  echo "neuron_T4 2 1"
  for file in ../kernels/*.cu; do
    twin=../kernels/cuda/$(basename "$file")
    [ ! -e "$twin" ] || file=$twin
    case $file in
      */neuron.cu | */neuron_stretch.cu | */neuron_functions.cu) continue ;;
    esac
    # With one lane are launched those that say so.
    if grep -Eq "^// .*LANES = 1([^0-9]|$)" "$file"; then echo "#if LANES == 1"; else echo "#if 1"; fi
    echo "#include \"../../$file\""
    echo "#endif"
  done > "$DIR/others.cu"
  for storage in 0 1 2; do
    echo "others $storage 1"
    echo "others $storage $((storage == 0 ? 4 : 8))"
  done
} > "$DIR/jobs"

echo "compiling $(wc -l < "$DIR/jobs") sets of kernels"
xargs -P "$JOBS" -L 1 "$0" --compile < "$DIR/jobs"

for log in "$DIR"/*.log; do
  type=$(basename "$log" .log)
  type=${type#*.}
  awk -v storage="${type%.*}" -v lanes="${type#*.}" '
    /Compiling entry function/ {
      split($0, quoted, "\047")
      kernel = quoted[2]
      architecture = quoted[4]
      settings = "-"
      # neuron_forward_T4_x1_norm_...: the settings follow the name.
      if (match(kernel, /_T[0-9]+_x[0-9]+_/)) {
        settings = substr(kernel, RSTART + 1)
        kernel = substr(kernel, 1, RSTART - 1)
      }
    }
    /bytes stack frame/ { stack = $1 + $5 + $9 }
    /Used [0-9]+ registers/ {
      split("float half bfloat16", types, " ")
      printf "%-24s %-48s %-9s %5d  %-6s %4d %6d\n", kernel, settings, types[storage + 1], lanes,
          architecture, $5, stack
    }' "$log"
done | sort > "$DIR/table"

printf '%-24s %-48s %-9s %5s  %-6s %4s %6s\n' kernel specialisation storage lanes arch regs stack
cat "$DIR/table"
# A table that is short means that ptxas changed its words, not that all is well.
rows=$(wc -l < "$DIR/table")
spilling=$(awk '$NF > 0' "$DIR/table" | wc -l)
echo
[ "$spilling" -eq 0 ] || { echo "with spills or other stack:"; awk '$NF > 0' "$DIR/table"; }
bad=$spilling
[ ! -e "$DIR/failed" ] || { echo "some kernels did not compile, see above"; bad=$((bad + 1)); }
[ "$rows" -ge 1000 ] || { echo "only $rows kernels in the table"; bad=$((bad + 1)); }
./nvrtc_check.sh "$DIR" || bad=$((bad + 1))
echo "$((rows - spilling)) passed, $bad failed"
[ "$bad" -eq 0 ]
