# A visit to a GPU machine that is lent for a quarter of an hour, in three calls, to each of which little can be
# carried (visit.mk makes the loads): A tests and measures, B measures peers, C trains. Each does what no earlier call
# or visit has finished, the most valuable first, and goes on to other work while there is time. WORK keeps what calls
# hand on to the next; OUT gets everything as it comes about, since a call may be cut off at any second:
#
#   state            a line for each task: name, how it ended (done, unfinished, failed, skipped), seconds, version
#   visit.log        all that was printed
#   tests.txt        what tests printed
#   tables.md        of measurements; running.md is one that was cut off
#   cifar10.md sanitizer.txt ncu.txt
#   sakd.safetensors.aa ...   trained weights, cut into parts
#   plans.tar.gz     which algorithms of cuDNN were found to be the fastest

visit() {
  case ${1:-} in
    A | B | C) ;;
    *) refuse "there is no call '${1:-}' of a visit; expected A, B or C" ;;
  esac
  mkdir -p "$OUT" "$WORK"
  {
    trap 'echo $? > "$WORK/status"' EXIT
    visit_call "$1"
  } 2>&1 | tee "$OUT/visit.log"
  return "$(cat "$WORK/status")"
}

visit_call() {
  load=$LOADS/$1
  SAKD_HOME=$WORK/bundle/sakd-linux-x86_64
  TESTS_HOME=$WORK/tests
  NATIVE=$WORK/twins
  PEERS_PATH=$WORK/peers
  DATA=$load
  UNPACKED=$WORK/cifar-10-batches-bin
  RUNS=$WORK/runs
  MODEL=$main
  export XDG_CACHE_HOME="$WORK/cache" TORCHINDUCTOR_CACHE_DIR="$WORK/inductor" TRITON_CACHE_DIR="$WORK/triton"
  cache=$XDG_CACHE_HOME/sakd/cuda
  mkdir -p "$cache"
  if [ "$1" = A ]; then
    arrive
  elif ! grep -q '^devices done' "$WORK/state" 2> /dev/null; then
    refuse "call $1 goes on where A ended, which has not run on this machine; expected what it unpacked in $WORK, call A first"
  fi
  # Parts of CIFAR-10 are unpacked beside the other work.
  data > "$WORK/data.log" 2>&1 &
  unpacking=$!
  "call_$1"
  wait $unpacking || true
  summary
}

# ---- what was carried ----

# unpack ARCHIVE FOLDER: unless it was before.
unpack() {
  [ -f "$load/$1" ] || { echo "$1 was not carried" && return 0; }
  sum=$(cksum < "$load/$1")
  if [ "$(cat "$2.sum" 2> /dev/null)" != "$sum" ]; then
    rm -rf "$2"
    mkdir -p "$2"
    unxz "$load/$1" | tar -C "$2" -xf -
    echo "$sum" > "$2.sum"
  fi
}

arrive() {
  [ -f "$load/bundle.tar.xz" ] || refuse "$load holds no bundle.tar.xz; expected what make visit packs"
  cp "$load/version" "$WORK/version"
  cat "$WORK/version"
  nvidia-smi -L || true
  unpack bundle.tar.xz "$WORK/bundle"
  [ -f "$WORK/state" ] || cp "$load/state" "$WORK/state" 2> /dev/null || : > "$WORK/state"
  for archive in tests twins peers cubins; do unpack $archive.tar.xz "$WORK/$archive"; done
  find "$WORK/cubins" -name '*.bin' -exec cp {} "$cache/" \; 2> /dev/null || true
  [ ! -f "$load/plans.tar.gz" ] || tar -C "$cache" -xzf "$load/plans.tar.gz"
  echo "unpacked: $(left) s left"
  wheel_libraries
  timeout -k 5 90 "$SAKD_HOME/bin/sakd" devices > "$WORK/devices.txt" 2>&1 || true
  cat "$WORK/devices.txt"
  if ! grep -Eq "^$SAKD_DEVICE(:[0-9]+)* +available" "$WORK/devices.txt"; then
    echo "What may help to see why:"
    nvidia-smi 2>&1 | head -n 15 || true
    echo "LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}"
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2> /dev/null | grep -E 'lib(cuda|cudnn|cublas|nvrtc|z)\.so' || true
    keep devices failed 0
    echo "stopped: sakd devices finds no usable $SAKD_DEVICE, see above; give the machine back, and mend that first"
    exit 1
  fi
  keep devices done 0
}

# ---- tasks ----

# keep NAME WORD SECONDS
keep() {
  {
    awk -v name="$1" '$1 != name' "$WORK/state"
    echo "$1 $2 $3 $(cat "$WORK/version")"
  } > "$WORK/state.part"
  mv "$WORK/state.part" "$WORK/state"
  cp "$WORK/state" "$OUT/state"
}

is_done() { grep -q "^$1 done" "$WORK/state"; }

# task NAME LEAST MOST COMMAND...: runs it if it is not done and LEAST seconds are left, for MOST seconds at most.
task() {
  name=$1
  least=${QUICK:+2}
  least=${least:-$2}
  most=$3
  shift 3
  if is_done "$name"; then return 0; fi
  if [ "$(left)" -lt "$least" ]; then
    echo "-- $name: not begun, it takes $least s and $(left) are left"
    return 0
  fi
  echo "-- $name: $(left) s left"
  began=$(date +%s)
  # In the background, where a command that fails ends the task, which it does not left of ||.
  (
    [ $((began + most)) -ge "$end" ] || end=$((began + most))
    "$@"
  ) &
  status=0
  wait $! || status=$?
  case $status in
    0) word=done ;;
    2) word=skipped ;;
    *) if stopped $status; then word=unfinished; else word=failed; fi ;;
  esac
  if [ -f "$OUT/running.md" ]; then
    { cat "$OUT/running.md" && echo; } >> "$WORK/tables.md"
    rm "$OUT/running.md"
  fi
  [ ! -f "$WORK/tables.md" ] || cp "$WORK/tables.md" "$OUT/tables.md"
  keep "$name" $word $(($(date +%s) - began))
  echo "-- $name: $word after $(($(date +%s) - began)) s"
  # Kernels are compiled faster than they are carried; what was chosen by measuring is small.
  if find "$cache" -name '*.bin' -size -16 | sed 's|.*/||' > "$WORK/plans" && [ -s "$WORK/plans" ]; then
    tar -C "$cache" -czf "$OUT/plans.tar.gz" -T "$WORK/plans" || true
  fi
}

# table OPTIONS...: of SAKD alone. Rows for which there was no time make it unfinished.
table() {
  measure "$OUT/running.md" $(($(left) - 10)) "$@" || return $?
  if grep -q '^Time ran out' "$OUT/running.md"; then return 124; fi
}

# beside SCRIPT OPTIONS...: rows of the peers in the same table, also where some of SAKD's failed with the status $ours.
beside() {
  [ -f "$OUT/running.md" ] || return "$ours"
  theirs=0
  peers "$OUT/running.md" "$@" || theirs=$?
  [ "$ours" -eq 0 ] || return "$ours"
  [ $theirs -eq 0 ] || return $theirs
  if grep -q 'not measured: out of time' "$OUT/running.md"; then return 124; fi
}

# compare NET METHODS [WAY...]: training steps; of the peers' ways those that are named, else all.
compare() {
  net=$1
  methods=$2
  shift 2
  [ $# -eq 0 ] || set -- --ways "$@"
  ours=0
  table --only steps --nets "$net" --methods "$methods" --T 4 || ours=$?
  # shellcheck disable=SC2046  # a list of words
  beside step_gpu.py --nets "$net" --methods $(echo "$methods" | tr ',' ' ') "$@"
}

# The way of each kind that should be its fastest: SpikingJelly's, PyTorch's as it is, and compiled, which takes a
# processor minutes.
three() {
  set -- "$@" 'SpikingJelly triton BF16 contiguous' 'PyTorch eager BF16 channels_last'
  [ -n "$QUICK" ] || set -- "$@" 'PyTorch compiled default'
  compare "$@"
}

# And the rest of them.
others() {
  [ -n "$QUICK" ] || set -- "$@" 'compiled reduce-overhead'
  compare "$@" 'triton BF16 channels_last' 'SpikingJelly cupy' 'SpikingJelly torch' 'eager BF16 contiguous'
}

compare_kernels() {
  ours=0
  table --only kernels --T 4 --sizes 64M || ours=$?
  beside neuron_gpu.py --T 4 --elements 67108864
}

compare_public() {
  ours=0
  table --only linear || ours=$?
  beside linear_gpu.py
}

main=${QUICK:+spiking-resnet8}
main=${main:-spiking-resnet18}
sizes=${QUICK:+64K}
sizes=${sizes:-1M,16M,64M,256M,1G}

# What B measures is compiled by Triton and PyTorch for a minute and more: beside the tests, which are not timed.
warm_up() {
  has_torch && [ -z "$QUICK" ] || return 0
  for what in 'sakd SpikingJelly triton BF16 contiguous' 'sakd compiled default' 'direct compiled default' \
    'sakd compiled reduce-overhead'; do
    PYTHONPATH=$PEERS_PATH${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1 limited 100 "$PYTHON" \
      benchmarks/peers/step_gpu.py --nets $main --methods "${what%% *}" --ways "${what#* }" \
      > "$WORK/warm-up-$(echo "$what" | tr ' ' '-').log" 2>&1 &
  done
  wait
}

call_A() {
  warm=
  if ! is_done "steps-$main"; then
    warm_up &
    warm=$!
  fi
  task native 15 60 native
  task tests 20 110 tests
  [ -z "$warm" ] || wait $warm || true
  task "bench-$main" 30 110 \
    table --only kernels,steps --T 4 --sizes "$sizes" --nets $main --methods sakd,direct,ann
  task ranks 30 60 one_rank "$OUT/running.md"
  task comm 15 30 table --only comm
  more
}

call_B() {
  task "steps-$main" 30 140 three $main sakd,direct
  task ranks 30 60 one_rank "$OUT/running.md"
  task comm 15 30 table --only comm
  task "ways-$main" 30 120 others $main sakd
  more
}

# Whatever else is worth the seconds that are left, or those of a later visit.
more() {
  [ -z "$QUICK" ] || return 0
  task profile 25 60 profile
  task memcheck 20 150 sanitizer memcheck
  task public 30 120 compare_public
  task kernels-peers 30 90 compare_kernels
  task kernels-T 20 60 table --only kernels --T 1,2,8,16,32 --sizes 64M,256M
  for each in spiking-resnet19 sew-resnet18 sew-resnet34 sew-resnet50; do
    task steps-$each 60 200 three $each sakd,direct
  done
  task racecheck 20 150 sanitizer racecheck
  task initcheck 20 150 sanitizer initcheck
}

call_C() {
  # The parts are needed now.
  wait $unpacking || { cat "$WORK/data.log" && exit 1; }
  # All networks of the table train for as long, also those of a later visit.
  EPOCHS=${EPOCHS:-$(awk '$1 == "epochs" { print $2 }' "$WORK/state")}
  EPOCHS=${EPOCHS:-$(epochs)}
  keep epochs "$EPOCHS" 0
  if ! is_done cifar10; then
    task cifar10 40 600 runs sakd
    weights
  fi
  for method in transfer logits features; do
    task cifar10-$method 40 600 runs $method
  done
}

# As many epochs of teacher, SAKD and direct training as the time allows by the rates that A measured, from 5 to 30.
# Evaluation and reading cost about a third more; starting, searching algorithms and saving about 50 s.
epochs() {
  touch "$WORK/tables.md"
  awk -v seconds="$(left)" -v net="$main" -F ' *[|] *' '
    $2 ~ "^" net " [0-9x]+ (sakd|direct|ann)$" && $5 ~ /^SAKD/ && $6 + 0 > 0 { sub(/.* /, "", $2); rate[$2] = $6 }
    END {
      n = 10
      if (("sakd" in rate) && ("direct" in rate)) {
        if (!("ann" in rate)) rate["ann"] = 3 * rate["direct"]
        n = int((seconds - 50) / (1.35 * 50000 * (1 / rate["sakd"] + 1 / rate["direct"] + 1 / rate["ann"])))
      }
      print (n < 5 ? 5 : (n > 30 ? 30 : n))
    }' "$WORK/tables.md"
}

# Of what was trained, SAKD's weights come back, if they fit into four files.
weights() {
  best=$RUNS/sakd/best.safetensors
  [ -f "$best" ] || return 0
  if [ "$(wc -c < "$best")" -le 60000000 ]; then
    split -b 15000000 "$best" "$OUT/sakd.safetensors."
    echo "cat sakd.safetensors.* > sakd.safetensors gives SAKD's weights; those of the other networks stay here"
  else
    echo "the weights of $(wc -c < "$best") bytes are too large to come back"
  fi
}

summary() {
  echo
  echo "==== $LIMIT s, $(left) left ===="
  awk '{ printf "%-28s %-10s %4d s  %s\n", $1, $2, $3, $4 }' "$WORK/state"
  [ ! -f "$OUT/tables.md" ] || grep -E '^## |^[|] [a-z0-9]|^- ' "$OUT/tables.md" | cut -c 1-150 | tail -n 50
  [ ! -f "$OUT/cifar10.md" ] || tail -n +6 "$OUT/cifar10.md"
}
