#!/bin/sh
# What a user does with target/sakd-linux-x86_64.tar.xz: unpacks it, starts it through a link where there is
# no Java, and trains for an epoch. The processor's convolution is plain loops there, so the epoch is small.
set -eu
archive=$PWD/target/sakd-linux-x86_64.tar.xz
limit=24000000
size=$(wc -c < "$archive")
if [ "$size" -gt $limit ]; then
  echo "the bundle has $size bytes, more than $limit" >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tar xJf "$archive"
ln -s sakd-linux-x86_64/bin/sakd sakd
# The tools of the launcher and, if there is one, the C++ compiler; no java.
mkdir path
for tool in sh readlink c++ g++ as ld; do
  found=$(command -v "$tool" || true)
  if [ -n "$found" ]; then ln -s "$found" "path/$tool"; fi
done
run() { env -i PATH="$work/path" HOME="$work" ./sakd "$@"; }
run --help > help.txt
grep -q bench help.txt
run devices > devices.txt
grep -q '^cpu' devices.txt
mkdir data
printf '\000\000\010\003\000\000\000\024\000\000\000\010\000\000\000\010' > data/train-images-idx3-ubyte
printf '\000\000\010\001\000\000\000\024' > data/train-labels-idx1-ubyte
i=0
while [ $i -lt 20 ]; do
  # Eight rows of eight: a class has a brightness of its own.
  printf "$(printf '\\%03o' $((i % 10 * 25)))%.0s" $(seq 64) >> data/train-images-idx3-ubyte
  printf '%b' "$(printf '\\0%03o' $((i % 10)))" >> data/train-labels-idx1-ubyte
  i=$((i + 1))
done
cp data/train-images-idx3-ubyte data/t10k-images-idx3-ubyte
cp data/train-labels-idx1-ubyte data/t10k-labels-idx1-ubyte
run train --device cpu --dataset mnist --data-path data --model spiking-resnet8 --method direct --epochs 1 --batch-size 10 \
  --output-dir run > train.txt 2> stderr.txt
grep -q oneDNN stderr.txt
test -s run/best.safetensors
echo "the bundle has $size bytes, starts without Java and trains: passed"
