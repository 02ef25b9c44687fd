#!/bin/sh
# How well trainings share the processor: images/s of one alone, then of two at once, of the small network's
# ANN (many short loops) and of its spiking twin. Wants an idle machine and built classes (mvn compile); takes
# about three minutes on two cores. What is in the environment counts, so
#
#   sh benchmarks/busy.sh                          what users get
#   OMP_WAIT_POLICY=ACTIVE sh benchmarks/busy.sh   threads that spin
#   GOMP_SPINCOUNT=300000 sh benchmarks/busy.sh    what GNU's OpenMP does if it is not told
#
# METHODS (ann direct), EPOCHS (5): of each, the first and the last are not counted.
set -eu
cd "$(dirname "$0")/.."
epochs=${EPOCHS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mvn -q -o dependency:build-classpath -Dmdep.outputFile="$work/cp"

# train NAME METHOD: trains, and writes the images/s of the epochs in the middle, their harmonic mean, to
# $work/NAME.rate. The first epoch compiles, and in the last the other training may have ended already.
train() {
  java -cp "target/classes:$(cat "$work/cp")" sakd.cli.Main train --device cpu --method "$2" --epochs "$epochs" \
    --print-freq 100000 --output-dir "$work/$1" > "$work/$1.log" 2>&1 || { cat "$work/$1.log" >&2; return 1; }
  sed -n 's/.* epoch [0-9]*\/.* \([0-9][0-9]*\) images\/s.*/\1/p' "$work/$1.log" | sed '1d;$d' |
    awk '{ sum += 1 / $1; n++ } END { printf "%.0f\n", n / sum }' > "$work/$1.rate"
}

train warm ann # Compiles the kernels, if that is to be done.
for method in ${METHODS:-ann direct}; do
  train alone "$method"
  train first "$method" &
  pid=$!
  train second "$method"
  wait $pid
  alone=$(cat "$work/alone.rate")
  echo "$method: $alone images/s alone; two at once" $(cat "$work/first.rate" "$work/second.rate") |
    awk -v alone="$alone" '{ printf "%s, which is %.2f and %.2f of it\n", $0, $(NF-1) / alone, $NF / alone }'
  rm -rf "$work/alone" "$work/first" "$work/second"
done
