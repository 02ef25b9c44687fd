#!/bin/sh
# Everything that needs a GPU, one stage a call. The machine needs an NVIDIA driver, cuDNN 9, cuBLAS and NVRTC,
# but neither Java nor a network: bring the bundle, and a copy of this repository.
#
#   sh benchmarks/gpu.sh STAGE
#
#   native     native tests of the kernels (before: make -C native-tests gpu-build, where nvcc is)
#   tests      tests of the device: contracts, golden data, recorded steps (before: make bundle-tests)
#   sanitizer  the native tests under compute-sanitizer
#   kernels    fused batch norm + LIF over T and sizes, PyTorch and SpikingJelly beside it
#   steps      whole training steps, likewise
#   public     Linear(n, n) + LIF, T = 500, likewise
#   ranks      what NCCL costs one rank: training steps without and with it, sums alone (before: make bundle-tests)
#   profile    four kernels under NVIDIA's profiler ncu: bytes, share of the bandwidth, occupancy
#   data       unpacks the parts of CIFAR-10 (.sq, .bin.xz or .bin) found in DATA, where cifar10 looks for them
#   cifar10    CIFAR-10: teacher, SAKD and direct; then transfer, logits, features, beside the same teacher
#   visit A|B|C   a quarter of an hour on a rented machine, in three calls (before: make visit; see benchmarks/README.md)
#   help       this
#
# Every stage ends within its LIMIT and has written by then what it knows. Exit code 124 says that the time ran out;
# of sanitizer and cifar10 the next call does the rest. Settings, with what they are otherwise:
#   OUT=benchmarks/results   where results are written; visit: target/visit/out
#   LIMIT=520                seconds a call may take; visit: A 225, B 140, C 330
#   SAKD_HOME=target/bundle/sakd-linux-x86_64   the unpacked bundle
#   SAKD_DEVICE=cuda         another device, such as cpu, tries a stage out
#   QUICK=                   not empty: small and few
#   PYTHON=python3           the Python that has PyTorch
#   PEERS_PATH=              folder of a SpikingJelly checkout, if it is not installed
#   NATIVE=native-tests/build/gpu TESTS_HOME=target/bundle-tests   the programs and classes of the tests
#   TESTS=                   a pattern of Java test classes, for tests: instead of contracts, golden data and graphs
#   DATA=data/cifar10 UNPACKED=data/cifar-10-batches-bin   for data and cifar10: the parts, and where they are unpacked
#   RUNS=runs/cifar10 EPOCHS=30 SEED=0 MODEL=spiking-resnet18   for cifar10
#   LOADS=target/visit WORK=target/visit/kept   for visit: what was carried here, and what calls hand on to the next
set -eu
from=$(pwd)
cd "$(dirname "$0")/.."
root=$(pwd)

# A path that is given is seen from where the caller stands, one that is not from here.
place() {
  case $1 in
    '') echo "$root/$2" ;;
    /*) echo "$1" ;;
    *) echo "$from/$1" ;;
  esac
}

if [ "${1:-}" = visit ]; then
  OUT=$(place "${OUT:-}" target/visit/out)
  case ${2:-} in
    A) LIMIT=${LIMIT:-225} ;;
    B) LIMIT=${LIMIT:-140} ;;
    C) LIMIT=${LIMIT:-330} ;;
  esac
fi
OUT=$(place "${OUT:-}" benchmarks/results)
LIMIT=${LIMIT:-520}
case $LIMIT in
  *[!0-9]* | 0*) echo "gpu.sh: LIMIT is '$LIMIT'; expected whole seconds, such as 520" >&2 && exit 2 ;;
esac
SAKD_HOME=$(place "${SAKD_HOME:-}" target/bundle/sakd-linux-x86_64)
SAKD_DEVICE=${SAKD_DEVICE:-cuda}
QUICK=${QUICK:-}
PYTHON=${PYTHON:-python3}
PEERS_PATH=${PEERS_PATH:+$(place "$PEERS_PATH" '')}
NATIVE=$(place "${NATIVE:-}" native-tests/build/gpu)
TESTS_HOME=$(place "${TESTS_HOME:-}" target/bundle-tests)
TESTS=${TESTS:-}
DATA=$(place "${DATA:-}" data/cifar10)
UNPACKED=$(place "${UNPACKED:-}" data/cifar-10-batches-bin)
RUNS=$(place "${RUNS:-}" runs/cifar10)
EPOCHS=${EPOCHS:-}
SEED=${SEED:-0}
MODEL=${MODEL:-spiking-resnet18}
LOADS=$(place "${LOADS:-}" target/visit)
WORK=$(place "${WORK:-}" target/visit/kept)
end=$(($(date +%s) + LIMIT))

# shellcheck source-path=SCRIPTDIR
for part in common tests measure cifar10 visit; do
  . "benchmarks/gpu/$part.sh"
done

case ${1:-help} in
  native | tests | sanitizer | kernels | steps | public | ranks | profile | data | cifar10 | visit) "$@" ;;
  help) sed -n '2,/^set -eu/{s/^# //p;s/^#$//p;}' benchmarks/gpu.sh ;;
  *) refuse "there is no stage '$1'; expected native, tests, sanitizer, kernels, steps, public, ranks, profile, data, cifar10, visit or help" ;;
esac
