#!/bin/sh
# Measures this machine's processor, with all of its instructions and with fewer, and OpenCL on it, against PyTorch
# and against plain copies. Writes benchmarks/results/cpu-<model>.md, keeps what was measured earlier beside it, and
# fails where a ratio fell by more than a tenth. Wants an idle machine, built classes (mvn test-compile) and about
# 4 GiB of memory (11 GiB for PyTorch). Takes about a quarter of an hour.
#
#   PYTHON=python   a Python with PyTorch; else python3 and /usr/bin/python3 are asked, for PyTorch 2 first
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
  grep '^{' "$work/out" | cut -c1-300 >&2
  grep '^{' "$work/out" >> "$log"
}

step() { measure java -cp "$classes" sakd.bench.StepBenchmark "$@"; }

# What a run may use of the processor, for oneDNN and us, for PyTorch's oneDNN and for its own kernels.
limited() {
  isa=$1
  shift
  case $isa in AVX2) own=avx2 ;; *) own=avx512 ;; esac
  export ONEDNN_MAX_CPU_ISA="$isa" ATEN_CPU_CAPABILITY="$own"
  "$@"
  unset ONEDNN_MAX_CPU_ISA ATEN_CPU_CAPABILITY
}

has() { grep -q -w "$1" /proc/cpuinfo; }
major() { "$1" -c 'import torch; print(torch.__version__.split(".")[0])' 2> /dev/null || echo 0; }

python=
if [ -n "${PYTHON:-}" ]; then
  [ "$(major "$PYTHON")" -ge 1 ] || { echo "PYTHON=$PYTHON: no Python with PyTorch there; pip install torch" >&2; exit 2; }
  python=$PYTHON
else
  for candidate in python3 /usr/bin/python3; do
    found=$(major "$candidate")
    [ "$found" -lt 1 ] || [ -n "$python" ] && [ "$found" -lt 2 ] || python=$candidate
    [ "$found" -lt 2 ] || break
  done
fi
ways="eager channels_last"
[ -n "$python" ] || echo "PyTorch skipped: pip install torch, or apt-get install python3-torch" >&2
[ -z "$python" ] || [ "$(major "$python")" -lt 2 ] || ways="$ways compiled"

# A step of ours in a type, and those of PyTorch.
beside() {
  dtype=$1
  method=$2
  shift 2
  step --dtype "$dtype" --method "$method"
  case $dtype in F32) name=float32 ;; *) name=bfloat16 ;; esac
  [ -z "$python" ] || for way in "${@:-eager}"; do
    measure "$python" benchmarks/peers/step_cpu.py --steps 5 --dtype $name --method "$method" --way "$way"
  done
}

types=F32
if has amx_bf16 || has avx512_bf16; then types="F32 BF16"; fi
for dtype in $types; do
  # shellcheck disable=SC2086
  for method in sakd direct; do beside "$dtype" "$method" $ways; done
done
has avx512f && limited AVX2 beside F32 sakd eager
has avx512_bf16 && limited AVX512_CORE beside F32 sakd eager
has amx_bf16 && for dtype in $types; do limited AVX512_CORE_BF16 beside "$dtype" sakd eager; done

measure java -cp "$classes" sakd.bench.ConvReport --dtype "$(echo "$types" | tr ' ' ,)"
# The copy to compare with is the C library's fastest, with streaming stores, at any number of cores.
measure env GLIBC_TUNABLES=glibc.cpu.x86_non_temporal_threshold=0x1000000 \
  java -cp "$classes" sakd.bench.NeuronReport --dtype "$(echo "$types" | tr ' ' ,)"
[ -z "$python" ] || for dtype in $types; do
  case $dtype in F32) name=float32 ;; *) name=bfloat16 ;; esac
  measure "$python" benchmarks/peers/neuron_cpu.py --steps 3 --dtype $name
done

if java -cp "$classes" sakd.cli.Main devices | grep -q '^opencl:0:0 .*available'; then
  step --device cpu --batch 4
  for dtype in F32 F16; do step --device opencl:0:0 --dtype $dtype --batch 4; done
else
  echo "OpenCL skipped: apt-get install pocl-opencl-icd" >&2
fi

python3 benchmarks/report.py "$log"
