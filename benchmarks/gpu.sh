#!/bin/sh
# Everything that needs a GPU, one stage a call, each in under 9 minutes. The machine needs an NVIDIA driver,
# cuDNN 9, cuBLAS and NVRTC, but neither Java nor a network: bring the bundle.
#
#   sh benchmarks/gpu.sh STAGE
#
#   tests      native tests of the kernels, then tests of the device: contracts, golden data, recorded steps
#              (before, where the tools are: make bundle bundle-tests; make -C native-tests gpu-build)
#   sanitizer  the native tests under compute-sanitizer, what gpu-memcheck, gpu-racecheck and gpu-initcheck of
#              native-tests do (before: make -C native-tests gpu-build)
#   kernels    fused batch norm + LIF over T and sizes, PyTorch and SpikingJelly beside it
#   steps      whole training steps, likewise
#   public     Linear(n, n) + LIF, T = 500, likewise
#   data       unpacks the parts of CIFAR-10 (*.bin.xz) found in DATA, where cifar10 looks for them
#   cifar10    CIFAR-10 with spiking-resnet18: teacher, direct, transfer, logits, features, SAKD; a call goes
#              on where the last one stopped
#   help       this
#
# sanitizer and cifar10 do what the time allows, and the next call the rest. Settings, with what they are
# otherwise:
#   OUT=benchmarks/results   where results are written
#   SAKD_HOME=target/bundle/sakd-linux-x86_64   the unpacked bundle
#   SAKD_DEVICE=cuda         another device, such as cpu, tries a stage out
#   QUICK=                   not empty: small and few
#   PYTHON=python3           the Python that has PyTorch
#   PEERS_PATH=              folder of a SpikingJelly checkout, if it is not installed
#   LIMIT=520                seconds a call may take
#   TESTS=                   a pattern of Java test classes, for tests: instead of contracts, golden data and graphs
#   RUNS=runs/cifar10 EPOCHS=30 SEED=0 MODEL=spiking-resnet18   for cifar10
#   DATA=data/cifar10 UNPACKED=data/cifar-10-batches-bin   for data and cifar10: its parts, and where they are unpacked
set -eu
cd "$(dirname "$0")/.."
OUT=${OUT:-benchmarks/results}
SAKD_HOME=${SAKD_HOME:-target/bundle/sakd-linux-x86_64}
SAKD_DEVICE=${SAKD_DEVICE:-cuda}
QUICK=${QUICK:-}
PYTHON=${PYTHON:-python3}
LIMIT=${LIMIT:-520}
RUNS=${RUNS:-runs/cifar10}
EPOCHS=${EPOCHS:-30}
SEED=${SEED:-0}
DATA=${DATA:-data/cifar10}
UNPACKED=${UNPACKED:-data/cifar-10-batches-bin}
end=$(($(date +%s) + LIMIT))

left() { echo $((end - $(date +%s))); }

refuse() {
  echo "gpu.sh: $1" >&2
  exit 2
}

need_gpu() {
  case $SAKD_DEVICE in
    cuda*) nvidia-smi -L >&2 2>/dev/null ||
      refuse "no NVIDIA driver answers here; expected a machine with a GPU, or SAKD_DEVICE=cpu to try the stage out" ;;
  esac
}

need_bundle() {
  [ -x "$SAKD_HOME/bin/sakd" ] ||
    refuse "$SAKD_HOME/bin/sakd is not there; expected the unpacked bundle, run make bundle or set SAKD_HOME"
}

# PyTorch's wheels bring the CUDA libraries in folders that no loader knows.
wheel_libraries() {
  folders=$("$PYTHON" -c '
import glob, site, sys
for root in {*site.getsitepackages(), *sys.path}:
    print("\n".join(glob.glob(root + "/nvidia/*/lib")))' 2>/dev/null | sort -u | paste -sd: | sed 's/^://')
  if [ -n "$folders" ]; then
    export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folders"
  fi
}

machine() {
  case $SAKD_DEVICE in
    cuda*) nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1 ;;
    *) echo "$SAKD_DEVICE" ;;
  esac
}

# A table by SAKD and rows by the peers, in one file: bench PART SCRIPT
bench() {
  need_gpu
  need_bundle
  wheel_libraries
  file=$OUT/$(machine | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9-')-$1.md
  mkdir -p "$OUT"
  "$SAKD_HOME/bin/sakd" bench --device "$SAKD_DEVICE" --only "$1" --output "$file" ${QUICK:+--quick}
  if "$PYTHON" -c 'import torch' 2>/dev/null; then
    peers=cuda
    case $SAKD_DEVICE in cuda*) ;; *) peers=cpu ;; esac
    PYTHONPATH=${PEERS_PATH:-}${PYTHONPATH:+:$PYTHONPATH} timeout "$(left)" \
      "$PYTHON" "benchmarks/peers/$2" --device $peers --into "$file" --seconds $(($(left) - 60)) ${QUICK:+--quick} ||
      echo "gpu.sh: $2 ended early; the rows it had are in the table" >&2
  else
    echo "gpu.sh: $PYTHON has no PyTorch, so there is nothing beside SAKD; name one that has in PYTHON" >&2
  fi
  echo "written to $file"
}

programs() {
  list=$(find native-tests/build/gpu -maxdepth 1 -type f -perm -u+x 2>/dev/null | sort)
  [ -n "$list" ] ||
    refuse "native-tests/build/gpu holds no programs; expected them built, run make -C native-tests gpu-build where nvcc is"
  echo "$list"
}

tests() {
  need_gpu
  need_bundle
  wheel_libraries
  mkdir -p "$OUT"
  failed=0
  case $SAKD_DEVICE in
    cuda*)
      found=$(programs)
      # shellcheck disable=SC2086  # names without spaces
      native-tests/run.sh $found > "$OUT/native-tests.txt" 2>&1 || failed=1
      tail -n 1 "$OUT/native-tests.txt"
      ;;
  esac
  [ -d target/bundle-tests ] ||
    refuse "target/bundle-tests is not there; expected the packed tests, run make bundle-tests"
  # No compiler: the devices are the GPU's and the reference.
  libraries=$SAKD_HOME/lib/cuda13
  CXX=/nonexistent LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries" timeout "$(left)" \
    "$SAKD_HOME/runtime/bin/java" -XX:+UseParallelGC -cp "$SAKD_HOME/lib/*:target/bundle-tests/*:target/bundle-tests/classes" \
    org.junit.platform.console.ConsoleLauncher execute --scan-classpath target/bundle-tests/classes \
    --disable-banner --fail-if-no-tests \
    --include-classname "${TESTS:-sakd\\..*\\.([A-Za-z]+ContractTest|Golden(Lif|Step)Test|CaptureTest|CudaGraphTest|TrainStepTest)}" --details tree \
    --disable-ansi-colors > "$OUT/java-tests.txt" 2>&1 || failed=1
  grep -E 'tests (found|skipped|successful|failed)' "$OUT/java-tests.txt" || failed=1
  case $SAKD_DEVICE in
    cuda*) grep -q 'cuda:0' "$OUT/java-tests.txt" || { echo "no test ran on cuda" && failed=1; } ;;
  esac
  echo "details in $OUT/native-tests.txt and $OUT/java-tests.txt"
  return $failed
}

sanitizer() {
  need_gpu
  command -v compute-sanitizer >/dev/null || refuse "compute-sanitizer is not on the PATH; it comes with the CUDA toolkit"
  found=$(programs)
  mkdir -p "$OUT"
  log=$OUT/sanitizer.txt
  touch "$log"
  # What failed is tried again.
  grep ': clean' "$log" > "$log.part" || true
  mv "$log.part" "$log"
  for tool in memcheck racecheck initcheck; do
    for program in $found; do
      name="$tool $(basename "$program")"
      if grep -qF "$name: clean" "$log"; then continue; fi
      if [ "$(left)" -lt 30 ]; then
        echo "out of time before $name; the next call goes on"
        return 0
      fi
      # As make -C native-tests gpu-$tool does, a program at a time.
      if RUNNER="timeout $(left) compute-sanitizer --tool $tool --error-exitcode 3" native-tests/run.sh "$program" \
        > "$OUT/sanitizer.last" 2>&1; then
        echo "$name: clean, $(tail -n 1 "$OUT/sanitizer.last")" >> "$log"
      elif [ "$(left)" -lt 5 ]; then
        echo "out of time in $name; the next call goes on"
        return 0
      else
        echo "$name: FAILED" >> "$log"
        cat "$OUT/sanitizer.last" >> "$log"
        cat "$OUT/sanitizer.last"
      fi
    done
  done
  echo "$(grep -c ': clean' "$log") clean, $(grep -c ': FAILED' "$log" || true) failed"
  ! grep -q ': FAILED' "$log"
}

parts="data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch"

data() {
  mkdir -p "$UNPACKED"
  missing=
  for part in $parts; do
    if [ ! -s "$UNPACKED/$part.bin" ]; then
      if [ -f "$DATA/$part.bin.xz" ]; then
        xz -dc "$DATA/$part.bin.xz" > "$UNPACKED/$part.bin.part"
        mv "$UNPACKED/$part.bin.part" "$UNPACKED/$part.bin"
      elif [ -f "$DATA/$part.bin" ]; then
        cp "$DATA/$part.bin" "$UNPACKED/"
      else
        missing="$missing $part"
      fi
    fi
  done
  echo "in $UNPACKED: $(find "$UNPACKED" -name '*.bin' | wc -l) of 6 parts${missing:+; missing:$missing}"
}

cifar10() {
  need_gpu
  need_bundle
  wheel_libraries
  data
  [ -z "$missing" ] || refuse "CIFAR-10 is not complete; expected the other .bin.xz files in DATA=$DATA, run gpu.sh data with them"
  mkdir -p "$RUNS" "$OUT"
  # SAKD first: it trains the teacher that the others take.
  for method in sakd direct transfer logits features; do
    run=$RUNS/$method
    if [ -f "$run/finished" ]; then continue; fi
    if [ "$(left)" -lt 30 ]; then break; fi
    if [ -f "$run/args.txt" ]; then
      set -- --resume "$run"
    else
      set -- --device "$SAKD_DEVICE" --data-path "$UNPACKED" --model "${MODEL:-spiking-resnet18}" --T 4 \
        --method $method --epochs "$EPOCHS" --seed "$SEED" --output-dir "$run"
      case $method in
        sakd) ;;
        direct) ;;
        *) set -- "$@" --teacher "$RUNS/sakd/teacher/best.safetensors" ;;
      esac
    fi
    status=0
    timeout "$(left)" "$SAKD_HOME/bin/sakd" train "$@" || status=$?
    case $status in
      0) touch "$run/finished" ;;
      # What timeout says, or Java when it is told to end: an epoch is half done, the rest is kept.
      124 | 143) break ;;
      *) return $status ;;
    esac
  done
  {
    echo "# CIFAR-10, ${MODEL:-spiking-resnet18}, T = 4"
    echo
    echo "$(machine); $EPOCHS epochs, seed $SEED; written by \`benchmarks/gpu.sh cifar10\`."
    echo
    echo "| Network | Top-1 | Firing rate | Operations per image | Seconds |"
    echo "| --- | --- | --- | --- | --- |"
    for method in sakd direct transfer logits features; do
      if [ -f "$RUNS/$method/finished" ]; then
        # The last table of the log; teacher and transferred weights are the same in every run.
        awk -v first="$method" '
          /^network +top-1/ { n = 0; inside = 1; next }
          inside && NF == 0 { inside = 0 }
          inside { row[n++] = $0 }
          END {
            for (i = 0; i < n; i++)
              if (first == "sakd" || row[i] !~ /^(teacher|transferred)/) print row[i]
          }' "$RUNS/$method/train.log" |
          sed -E 's/ %/%/; s/ {2,}/ | /g; s/^/| /; s/$/ |/'
      fi
    done
  } > "$OUT/cifar10.md"
  cat "$OUT/cifar10.md"
  for method in sakd direct transfer logits features; do
    [ -f "$RUNS/$method/finished" ] || { echo "not finished: $method; the next call goes on" && return 0; }
  done
}

case ${1:-help} in
  tests | sanitizer | data | cifar10) "$1" ;;
  kernels) bench kernels neuron_gpu.py ;;
  steps) bench steps step_gpu.py ;;
  public) bench linear linear_gpu.py ;;
  help) sed -n '2,/^set -eu/{s/^# //p;s/^#$//p;}' benchmarks/gpu.sh ;;
  *) refuse "there is no stage '$1'; expected tests, sanitizer, kernels, steps, public, data, cifar10 or help" ;;
esac
