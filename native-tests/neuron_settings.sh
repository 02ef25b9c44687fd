#!/bin/sh
# Prints settings of neuron.cu, one specialisation a line, as NAME=value pairs.
#
#   neuron_settings.sh golden [T...]   every setting of java/test/resources/golden/lif.safetensors
#   neuron_settings.sh fused K         sample K of 0, 1, 2: batch norm + residual + neuron; every merge
#                                      meets every T, the other settings rotate
#   neuron_settings.sh cuda T          what `make check-cuda` compiles for one T
set -eu

# The order of the arguments is that of the definitions in neuron.cu; without the last, nothing is packed.
settings() {
  echo "STEPS=$1 INPUT_STEPS=$2 NORM=$3 NEURON=$4 LEAK=$5 RESIDUAL=$6 HARD_RESET=$7" \
    "DECAY_INPUT=$8 DETACH_RESET=$9 SURROGATE=${10} PACK=${11:-0}"
}

golden() {
  for t in "$@"; do
    for hard in 0 1; do for decay in 0 1; do for detach in 0 1; do for surrogate in 0 1 2 3; do
      settings $t $t 0 2 1 0 $hard $decay $detach $surrogate
    done; done; done; done
  done
}

fused() {
  sample=$1
  n=0
  for t in 1 4 7 32; do
    for residual in 0 1 2 3 4; do
      n=$((n + 1))
      [ $((n % 3)) -eq "$sample" ] || continue
      # Bits of a number that walks through all its values, so the settings do not rise in step.
      bits=$((n * 7 % 32))
      input=$((bits % 2 ? 1 : t))
      # Sums of spikes as bytes, and spikes as bits; one in four is not packed.
      pack=$((n % 4 == 0 ? 0 : residual == 2 ? 2 : 1))
      settings $t $input 1 2 $((n % 3 ? 2 - bits / 2 % 2 : bits / 2 % 2)) $residual \
        $((bits / 4 % 2)) $((bits / 8 % 2)) $((bits / 16 % 2)) $((n % 4)) $pack
    done
  done
  # ReLU and identity: the ANN, and a batch norm that stands alone; every merge.
  for residual in 0 1 2 3 4; do
    [ $((residual % 3)) -eq "$sample" ] || continue
    settings 1 1 1 1 0 $residual 0 0 0 0
    settings 1 1 1 0 0 $residual 0 0 0 0
    settings 1 1 0 1 0 $residual 0 0 0 0
  done
  # A learnable leak without batch norm: its sums are then the first of the partial sums.
  [ "$sample" -ne 0 ] || settings 4 4 0 2 2 0 1 0 0 0
  [ "$sample" -ne 1 ] || settings 7 1 0 2 2 1 0 1 0 1
  # The published neuron, and PLIF with the input divided by tau, in every sample.
  settings 4 4 1 2 1 0 1 0 0 0
  settings 4 1 1 2 2 1 1 1 0 2
}

# Every merge and both input lengths; then, for the merge that is read and the one that needs s again,
# the variants of neuron and surrogate. PLIF with DECAY_INPUT, which reads x again, uses most registers.
cuda() {
  t=$1
  for input in 1 $t; do
    for residual in 0 1 2 3 4; do
      settings $t $input 1 2 1 $residual 1 0 0 0
    done
    settings $t $input 1 2 2 1 1 1 0 2
  done
  settings $t $t 1 2 2 4 1 1 0 2
  settings $t 1 1 2 2 4 0 1 0 1
  settings $t $t 1 2 0 0 0 0 0 1
  settings $t $t 1 2 1 2 1 1 1 3
  settings $t $t 0 2 1 0 1 0 0 0
  # Of the forward pass, packing: spikes of a block, and sums of spikes.
  settings $t $t 1 2 1 1 1 0 0 0 1
  settings $t $t 1 2 1 2 1 0 0 0 2
  [ $t -gt 1 ] || { settings 1 1 1 1 0 1 0 0 0 0; settings 1 1 1 0 0 0 0 0 0 0; }
}

list=$1
shift
case $list in
  golden) if [ $# -gt 0 ]; then golden "$@"; else golden 1 4 7; fi ;;
  fused) fused "$@" ;;
  cuda) cuda "$@" ;;
  *) echo "neuron_settings.sh: unknown list $list" >&2; exit 1 ;;
esac
