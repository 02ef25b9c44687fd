#!/bin/sh
# Tries a visit out where there is no GPU, with the loads that make visit has packed: every call in an empty folder,
# on a PATH without Java, xz and NVIDIA's tools, small and few. First on the stand-ins of native-tests/hostcuda, then,
# if NVIDIA_LIBS names NVIDIA's CUDA 13 libraries as pip unpacks them, against these, up to where only a GPU is
# missing, with cuDNN's plans for one. PYTHON=python3 names the Python of the machine, which needs numpy; with
# PyTorch, peers are run too.
set -eu
cd "$(dirname "$0")/../.."
here=$(pwd)
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
hostcuda=$here/native-tests/build/hostcuda
kernels=$here/target/visit/check-kernels

fail() {
  echo "check-visit: $1" >&2
  exit 1
}

[ -f target/visit/A/bundle.tar.xz ] || fail "target/visit/A holds no bundle; expected the loads of a visit, run make visit"
echo "loads of $(cat target/visit/A/version), repository $(git describe --always --dirty)"
[ -e "$hostcuda/libcuda.so.1" ] || fail "there are no stand-ins in $hostcuda; expected a machine without a GPU, with g++, where make hostcuda builds them"

# ---- the machine ----
mkdir -p "$work/path" "$work/repository" "$work/home"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$work/repository"
for tool in sh awk basename cat cksum cp cut date dirname env find grep gzip head ln ls mkdir mktemp mv nproc paste readlink \
  rm sed sort split tail tar tee timeout touch tr wc xargs g++ as ld; do
  ln -s "$(command -v $tool)" "$work/path/$tool"
done
# A link to the Python of a virtual environment would not know its packages.
printf '#!/bin/sh\nexec %s "$@"\n' "$python" > "$work/path/python3"
# The tests are told that there is no C++ compiler, which the stand-in of nvcc is made of.
printf '#!/bin/sh\nCXX=g++ exec %s "$@"\n' "$hostcuda/bin/nvcc" > "$work/path/hostcuda-nvcc"
chmod +x "$work/path/python3" "$work/path/hostcuda-nvcc"

# ---- what is carried there ----
# Of the kernels those that the stand-ins can run; a first check compiles them, which takes minutes.
mvn -q test-compile dependency:build-classpath -Dmdep.outputFile=target/visit/classpath -Dmdep.includeScope=test
LD_LIBRARY_PATH=$hostcuda NVCC=$hostcuda/bin/nvcc java \
  -cp "target/classes:target/test-classes:$(cat target/visit/classpath)" sakd.device.cuda.Precompile "$kernels"
loads=$work/loads
mkdir "$loads"
cp -r target/visit/A target/visit/B target/visit/C "$loads"
tar -C "$kernels" -cf - . | xz -1 > "$loads/A/cubins.tar.xz"
part() {
  "$python" -c '
import random, sys
r = random.Random(sys.argv[1])
open(sys.argv[1], "wb").write(b"".join(bytes([i % 10]) + r.randbytes(3072) for i in range(4)))' "$work/part.bin"
  "$python" benchmarks/gpu/squeeze_cifar.py pack "$work/part.bin" "$loads/$1.sq"
}
for name in A/data_batch_1 B/data_batch_2 B/data_batch_3 B/data_batch_4 C/data_batch_5 C/test_batch; do part $name; done

# visit NAME CALL SETTING...: what comes back is in $work/NAME.
visit() {
  name=$1
  call=$2
  shift 2
  # Only what is carried by this call is sure to be there; what an earlier one unpacked is.
  rm -rf "$work/repository/target/visit/"[ABC]
  mkdir -p "$work/repository/target/visit"
  cp -r "$loads/$call" "$work/repository/target/visit/"
  began=$(date +%s)
  status=0
  (cd "$work" && env -i PATH="$work/path" HOME="$work/home" QUICK=1 EPOCHS=1 LIMIT=400 OUT="$work/$name" "$@" \
    sh repository/benchmarks/gpu.sh visit $call) > "$work/$name.txt" 2>&1 || status=$?
  echo "call $call ($name): exit code $status after $(($(date +%s) - began)) s"
  many=$(find "$work/$name" -type f | wc -l)
  [ "$many" -le 8 ] || fail "$name brings back $many files, more than 8"
  large=$(find "$work/$name" -type f -size +16M)
  [ -z "$large" ] || fail "too large to come back: $large"
  odd=$(find "$work/$name" -type f | sed 's|.*/||' | grep -E '[^A-Za-z0-9._-]' || true)
  [ -z "$odd" ] || fail "a name that does not come back: $odd"
}

shows() {
  grep -q "$1" "$work/$2" || {
    cat "$work/${2%%[/.]*}.txt"
    fail "expected '$1' in $2"
  }
}

standins() {
  name=$1
  call=$2
  shift 2
  visit "$name" "$call" LD_LIBRARY_PATH="$hostcuda" NVCC=hostcuda-nvcc "$@"
  [ $status -eq 0 ] || { cat "$work/$name.txt" && fail "call $call failed"; }
}

# ---- on the stand-ins ----
# As if the tests had been run before: then every kernel that is compiled now is one that was not carried.
echo "tests done 0" > "$loads/A/state"
standins first A
shows '^devices done' first/state
shows '^tests done' first/state
shows '^native skipped' first/state
shows '^bench-spiking-resnet8 done' first/state
shows '^ranks done' first/state
shows '^| spiking-resnet8 | 2 | [0-9.]* | [0-9.]* | [0-9]' first/tables.md
shows '^comm done' first/state
shows '^| [0-9]* | 1 | float32 | [0-9]' first/tables.md
shows '^| 4 | 65536 | SAKD | [0-9]' first/tables.md
shows '^| spiking-resnet8 16x16 ann | 2 | 1 | SAKD BF16 | [0-9]' first/tables.md
cache=$work/repository/target/visit/kept/cache/sakd/cuda
compiled() {
  find "$cache" -name '*.bin' -size +16 | sed 's|.*/||' | sort > "$work/kernels"
  (cd "$kernels" && ls) | sort | comm -13 - "$work/kernels" | wc -l
}
[ "$(compiled)" -eq 0 ] || fail "A compiled $(compiled) kernels that were not carried"
standins second B
shows '^steps-spiking-resnet8 done' second/state
if "$python" -c 'import torch' 2> /dev/null; then
  shows '^- spiking-resnet8 16x16 sakd: [0-9.]* times the images/s of' second/tables.md
else
  shows 'has no PyTorch' second/visit.log
fi
standins third C
shows '^cifar10 done' third/state
for network in 'teacher (ANN)' direct SAKD logits; do
  shows "^| $network | 1 | [0-9.]*% | " third/cifar10.md
done
cat "$work"/third/sakd.safetensors.* | cmp - "$work/repository/target/visit/kept/runs/sakd/best.safetensors" ||
  fail "the weights that came back are others"
[ "$(compiled)" -eq 0 ] || fail "training compiled $(compiled) kernels that were not carried"
# A later visit, to a fresh machine: only the tests are left.
rm -rf "$work/repository/target/visit/kept"
grep -v '^tests' "$work/third/state" > "$loads/A/state"
cp "$work/third/plans.tar.gz" "$loads/A/"
standins later A TESTS='sakd\.ops\.PoolContractTest|sakd\.distill\.GoldenStepTest'
shows '^tests done' later/state
shows 'cuda:0' later/tests.txt
! grep -q -- '-- bench' "$work/later/visit.log" || fail "what was done in an earlier visit was done again"
cat "$work/later/state"

# ---- on NVIDIA's libraries ----
if [ -n "${NVIDIA_LIBS:-}" ]; then
  mkdir -p "$work/driver" "$work/site"
  ln -s "$hostcuda/libcuda.so.1" "$work/driver/"
  ln -s "$NVIDIA_LIBS" "$work/site/nvidia"
  rm -rf "$work/repository/target/visit/kept"
  visit real A LD_LIBRARY_PATH="$work/driver" PYTHONPATH="$work/site"
  [ $status -eq 1 ] || { cat "$work/real.txt" && fail "expected exit code 1 where there is no GPU"; }
  shows '^devices failed' real/state
  grep -i cublas "$work/real.txt" | head -n 3
  make --no-print-directory check-nccl NVIDIA_LIBS="$NVIDIA_LIBS"
  # cuDNN plans for a GPU that is only described to it.
  mvn -q test '-P!hostcuda' -Dtest=CudnnOffersTest "-Dcudnn.libraries=$(echo "$NVIDIA_LIBS"/*/lib | tr ' ' :)"
fi

echo "passed; what is carried:"
sh benchmarks/gpu/sizes.sh target/visit
