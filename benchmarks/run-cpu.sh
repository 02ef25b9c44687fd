#!/bin/sh
# Measures this machine's processor against PyTorch and against plain copies, and writes
# benchmarks/results/cpu-<model>.md. Wants an idle machine, built classes (mvn test-compile) and
# about 4 GiB of memory (11 GiB for PyTorch). Takes a few minutes.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/lines
: > "$log"

mvn -q -o dependency:build-classpath -Dmdep.outputFile="$work/cp" -Dmdep.includeScope=test
classes=target/classes:target/test-classes:$(cat "$work/cp")

# What is run, on the terminal; its lines of JSON, to the log.
measure() {
  echo "+ $*" >&2
  "$@" > "$work/out"
  cat "$work/out" >&2
  grep '^{' "$work/out" >> "$log"
}

types=F32
if grep -q -w -e amx_bf16 -e avx512_bf16 /proc/cpuinfo; then types="F32 BF16"; fi

for dtype in $types; do
  for method in sakd direct; do
    measure java -cp "$classes" sakd.bench.StepBenchmark --dtype "$dtype" --method "$method"
  done
done
# The copy to compare with is the C library's fastest, with streaming stores, at any number of cores.
measure env GLIBC_TUNABLES=glibc.cpu.x86_non_temporal_threshold=0x1000000 \
  java -cp "$classes" sakd.bench.NeuronReport --dtype "$(echo "$types" | tr ' ' ,)"

if /usr/bin/python3 -c 'import torch' 2> "$work/why"; then
  for dtype in $types; do
    case $dtype in F32) name=float32 ;; *) name=bfloat16 ;; esac
    for method in sakd direct; do
      measure /usr/bin/python3 benchmarks/peers/step_cpu.py --steps 5 --dtype $name --method $method
    done
    measure /usr/bin/python3 benchmarks/peers/neuron_cpu.py --steps 3 --dtype $name
  done
else
  echo "PyTorch skipped: apt-get install python3-torch" >&2
fi

python3 benchmarks/report.py "$log"
