#!/usr/bin/env python3
"""Predicts training steps on many GPUs, and holds the same model to what this machine's processes do.

  scaling.py plan                  the tables of scaling.md
  scaling.py check [--sakd PATH]   one rank and two, measured and predicted (Open MPI, two cores)

The model. A step on one GPU is forward, then the layers' backward steps from the last to the first. Gradients
lie in buckets in that order, the first of 1 MB, others of 25 MB. A bucket's sum over ranks begins when all its
layers' backward steps are done and the sum before has ended, and runs beside what is left of the backward pass;
the optimizer waits for the last sum.
"""
import argparse
import csv
import math
import os
import pathlib
import re
import subprocess
import tempfile

FIRST_BUCKET, BUCKET = 1 << 20, 25 << 20

# --- Networks: torchvision's ResNets at 224x224, 1,000 classes.

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


class Layer:
    """A convolution with its batch norm and neuron, or the last linear layer."""

    def __init__(self, outputs, inputs, kernel, side, image=False, norm=True, bias=False):
        self.parameters = outputs * inputs * kernel * kernel + (2 * outputs if norm else outputs if bias else 0)
        self.macs = outputs * inputs * kernel * kernel * side * side  # of an image and step
        self.elements = outputs * side * side if norm else 0
        self.image = image  # sees the still image, once for all steps
        self.channels = outputs if norm else 0


def resnet(depth, side=224, classes=1000):
    bottleneck, small = depth >= 50, side <= 64
    side = side if small else side // 2
    layers = [Layer(64, 3, 3 if small else 7, side, image=True)]
    side = side if small else side // 2
    inputs = 64
    for stage, blocks in enumerate(BLOCKS[depth]):
        width = 64 << stage
        outputs = 4 * width if bottleneck else width
        for block in range(blocks):
            before = side
            if stage > 0 and block == 0:
                side //= 2
            if inputs != outputs or before != side:
                layers.append(Layer(outputs, inputs, 1, side))
            if bottleneck:
                layers += [Layer(width, inputs, 1, before), Layer(width, width, 3, side), Layer(outputs, width, 1, side)]
            else:
                layers += [Layer(width, inputs, 3, side), Layer(width, width, 3, side)]
            inputs = outputs
    return layers + [Layer(classes, inputs, 1, 1, norm=False, bias=True)]


# --- One GPU, from results/nvidia-h200.md: spiking-resnet18 32x32 direct, batch 128, T = 4, bf16.

T = 4
STEP, CONVOLUTION, NEURON = 5.35e-3, 0.54, 0.38
SAKD = 6.29 / 5.35  # the step of SAKD in that of direct training
FORWARD_BYTES, BACKWARD_BYTES = 6, 10  # that the fused batch norm and neuron move for an element-step


def passes(layers, batch):
    """Of each layer: FLOPs forward and backward, bytes of the neuron forward and backward."""
    for layer in layers:
        steps = 1 if layer.image else T
        flops = 2 * batch * steps * layer.macs
        elements = batch * T * layer.elements
        # The image needs no gradient.
        yield layer, flops, flops * (1 if layer.image else 2), FORWARD_BYTES * elements, BACKWARD_BYTES * elements


def rates():
    """FLOP/s of convolutions and byte/s of neurons in the step that was measured."""
    flops = sum(f + b for _, f, b, _, _ in passes(resnet(18, 32, 10), 128))
    moved = sum(f + b for _, _, _, f, b in passes(resnet(18, 32, 10), 128))
    return flops / (CONVOLUTION * STEP), moved / (NEURON * STEP)


class Step:
    """Forward and each layer's backward step, in seconds, without other ranks."""

    def __init__(self, layers, batch, faster=1.0):
        flop_rate, byte_rate = rates()
        rest = SAKD / (CONVOLUTION + NEURON) / faster
        self.layers = layers
        timed = [(f / flop_rate + m / byte_rate, g / flop_rate + n / byte_rate)
                 for _, f, g, m, n in passes(layers, batch)]
        self.backward = [b / (CONVOLUTION + NEURON) / faster for _, b in timed]
        self.total = sum(f + b for f, b in timed) * rest
        self.forward = self.total - sum(self.backward)


# --- Links. A sum of n bytes takes latency + n / (bandwidth of the algorithm).

class Links:
    """`nodes` of `each` GPUs; bus bandwidths in byte/s for a GPU, as nccl-tests count them."""

    def __init__(self, name, nodes, each, inside, between):
        self.name, self.nodes, self.each = name, nodes, each
        self.ranks = nodes * each
        self.bus = inside if nodes == 1 else min(inside, between)

    # Microseconds for a hop inside a node and between two, and before the first: the constants of NCCL's own cost
    # model (src/graph/tuning.cc) for the protocols LL128, of gradients, and LL, of a few kilobytes.
    RING = {"LL128": (1.9, 4.0, 10.0), "LL": (0.47, 2.7, 3.6)}
    TREE = {"LL128": (1.2, 8.5, 4.4), "LL": (0.52, 5.0, 4.4)}

    def sum(self, size, protocol="LL128"):
        if self.ranks == 1:
            return 0.0
        share = 0.92 if protocol == "LL128" else 0.25  # of the bus, that carries data and not flags
        inside, between, start = self.RING[protocol]
        crossings = 2 * (self.nodes - 1)
        hops = 2 * (self.ranks - 1) - crossings
        ring = (start + hops * inside + crossings * between) * 1e-6
        ring += 2 * (self.ranks - 1) / self.ranks * size / (share * self.bus)
        inside, between, start = self.TREE[protocol]
        tree = (start + 2 * ((self.each - 1) * inside + math.log2(self.nodes) * between)) * 1e-6
        tree += 2 * size / (share * 0.9 * self.bus)
        return min(ring, tree)

    def gather(self, part):
        """All ranks' parts to all: by a ring, as NCCL does it."""
        inside, between, start = self.RING["LL"]
        hops = self.ranks - self.nodes
        latency = (start + hops * inside + (self.nodes - 1) * between) * 1e-6
        return latency + (self.ranks - 1) * part / (0.25 * self.bus)


NVLINK = 450e9 * 0.8  # NVLink 4, one direction, of which NCCL's sums use 0.8
INFINIBAND = 8 * 50e9 * 0.9  # the ring passes all eight 400 Gb/s adapters of a node
ETHERNET = 12.5e9 * 0.9  # one adapter of 100 Gb/s in each node
CLUSTERS = [Links("8 GPUs, NVLink 4", 1, 8, NVLINK, 0),
            Links("64 GPUs, 8 x 400 Gb/s a node", 8, 8, NVLINK, INFINIBAND),
            Links("1,024 GPUs, 8 x 400 Gb/s a node", 128, 8, NVLINK, INFINIBAND),
            Links("64 GPUs, 100 Gb/s a node", 8, 8, NVLINK, ETHERNET)]


def buckets(layers, width):
    """(bytes, index of its last layer in the order of the backward pass) of each bucket."""
    full, filled = [], 0
    for i, layer in enumerate(reversed(layers)):
        filled += width * layer.parameters
        if filled >= (FIRST_BUCKET if not full else BUCKET):
            full.append((filled, i))
            filled = 0
    return full + ([(filled, len(layers) - 1)] if filled else [])


def exposed(step, time_of, width=4, overlaps=True):
    """Seconds that the optimizer waits for sums after the backward pass."""
    done, at = [], 0.0
    for seconds in reversed(step.backward):
        at += seconds
        done.append(at)
    end = 0.0
    for size, last in buckets(step.layers, width):
        end = max(end, done[last] if overlaps else at) + time_of(size)
    return max(0.0, end - at)


def efficiency(depth, batch, links, width=4, faster=1.0):
    step = Step(resnet(depth), batch, faster)
    return step.total / (step.total + exposed(step, links.sum, width))


def least_batch(depth, links, width, faster=1.0, wanted=0.9):
    """The smallest number of images a GPU, as a power of two, that keeps this share of one GPU's rate."""
    for k in range(11):
        if efficiency(depth, 1 << k, links, width, faster) >= wanted:
            return str(1 << k)
    return "more than 1024"


def sync_batch_norm(layers, links):
    """Seconds of a step that synchronised batch norm waits: a gather forward, a sum backward, for each layer."""
    return sum(links.gather(12 * layer.channels) + links.sum(8 * layer.channels, "LL")
               for layer in layers if layer.channels)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def plan():
    flop_rate, byte_rate = rates()
    print(f"Convolutions at {flop_rate / 1e12:.0f} TFLOP/s, neurons at {byte_rate / 1e9:.0f} GB/s.\n")
    print("Networks\n")
    rows = []
    for depth in BLOCKS:
        layers = resnet(depth)
        one = Step(layers, 32)
        parameters = sum(layer.parameters for layer in layers)
        rows.append([f"R{depth}", f"{parameters:,}", f"{sum(layer.macs for layer in layers) / 1e6:,.0f}",
                     f"{sum(layer.elements for layer in layers) * T / 1e6:.1f}", f"{4 * parameters / 1e6:.0f}",
                     len(buckets(layers, 4)), f"{one.total * 1e3:.1f}", f"{sum(one.backward) / one.total:.2f}"])
    print(table(["network", "parameters", "M MAC", "M element-steps, T = 4", "MB of gradients, float32", "buckets",
                 "step, batch 32, ms", "backward"], rows))
    print("Steps of 32 images a GPU, ms: float32 sums; efficiency; with bf16 sums\n")
    rows = []
    for depth in BLOCKS:
        one = Step(resnet(depth), 32)
        row = [f"R{depth}", f"{one.total * 1e3:.1f}"]
        for links in CLUSTERS:
            seconds = [one.total + exposed(one, links.sum, width) for width in (4, 2)]
            row.append(f"{seconds[0] * 1e3:.1f} ({one.total / seconds[0]:.2f}; {one.total / seconds[1]:.2f})")
        rows.append(row)
    print(table(["network", "1 GPU", *(c.name for c in CLUSTERS)], rows))
    print("Smallest batch of a GPU at which 0.9 of one GPU's rate is left: float32, bf16 sums; a step half as long\n")
    rows = [[f"R{depth}"] + [", ".join([least_batch(depth, c, 4), least_batch(depth, c, 2)]) + "; "
                             + ", ".join([least_batch(depth, c, 4, 2), least_batch(depth, c, 2, 2)]) for c in CLUSTERS]
            for depth in BLOCKS]
    print(table(["network", *(c.name for c in CLUSTERS)], rows))
    print("A global batch of 256 images: images a GPU and efficiency, float32 sums\n")
    rows = [[f"R{depth}"] + [f"{256 // ranks}: {efficiency(depth, 256 // ranks, c):.2f}"
                             for ranks, c in ((8, CLUSTERS[0]), (64, CLUSTERS[1]), (64, CLUSTERS[3]))]
            for depth in BLOCKS]
    print(table(["network", CLUSTERS[0].name, CLUSTERS[1].name, CLUSTERS[3].name], rows))
    print("--sync-bn, ms that a step of any batch waits for statistics\n")
    rows = [[f"R{depth}"] + [f"{sync_batch_norm(resnet(depth), c) * 1e3:.1f}" for c in CLUSTERS] for depth in BLOCKS]
    print(table(["network", *(c.name for c in CLUSTERS)], rows))


# --- What processes on this machine do.

def run(command, folder, environment):
    print("+ " + " ".join(command), flush=True)
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def mpirun(ranks):
    return ["mpirun", "--allow-run-as-root", "-np", str(ranks), "--bind-to", "core",
            "--mca", "btl", "self,tcp", "--mca", "btl_tcp_if_include", "lo"]


def rate(folder):
    """Images a second of the last epoch of a run: the first compiles kernels."""
    with open(folder / "summary.csv", newline="") as file:
        return float(list(csv.DictReader(file))[-1]["images_per_second"])


def check(options):
    """Each rank has one core, and as many images a step as one rank alone."""
    sakd = str(pathlib.Path(options.sakd).resolve())
    train = [sakd, "train", "--device", "cpu", "--amp", "off", "--method", "direct", "--model", options.model,
             "--epochs", "2", "--workers", "1", "--quiet"]
    one_core = {"OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(mpirun(1) + train + ["--batch-size", str(options.batch), "--output-dir", "one"], folder, one_core)
        run(mpirun(2) + [sakd, "bench", "--device", "cpu", "--only", "comm", "--output", "comm.md"], folder, one_core)
        run(mpirun(2) + train + ["--batch-size", str(2 * options.batch), "--output-dir", "two"], folder, one_core)
        sums = [(int(size), float(ms) * 1e-3) for size, ms in
                re.findall(r"^\| (\d+) \| 2 \| float32 \| ([\d.]+) ", (folder / "comm.md").read_text(), re.M)]
        one, two = rate(folder / "one"), rate(folder / "two")

    def time_of(size):
        """Between the sizes that were measured, in a straight line; beyond, at the rate of the largest."""
        if size >= sums[-1][0]:
            return sums[-1][1] * size / sums[-1][0]
        for (small, fast), (large, slow) in zip(sums, sums[1:]):
            if size < large:
                return fast + max(0, size - small) / (large - small) * (slow - fast)

    step = options.batch / one
    gradients = options.parameters * 4
    # A sum takes time of the core that computes, so that less than all of it can be hidden.
    hidden, added = step, step + time_of(gradients)
    print(f"one rank: {one:.1f} images/s, {step * 1e3:.1f} ms a step of {options.batch}; a sum of"
          f" {gradients / 1e6:.2f} MB takes {time_of(gradients) * 1e3:.2f} ms")
    for what, seconds in (("all of it hidden", hidden), ("none of it hidden", added)):
        print(f"two ranks, predicted with {what}: {2 * options.batch / seconds:.1f} images/s, {step / seconds:.2f} of their share")
    print(f"two ranks, measured: {two:.1f} images/s, {two / 2 / one:.2f} of their share")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("plan")
    checking = commands.add_parser("check")
    checking.add_argument("--sakd", default="target/sakd")
    checking.add_argument("--model", default="spiking-resnet8")
    checking.add_argument("--parameters", type=int, default=78042, help="as `sakd models` prints them")
    checking.add_argument("--batch", type=int, default=50, help="images a rank and step")
    options = parser.parse_args()
    plan() if options.command == "plan" else check(options)


if __name__ == "__main__":
    main()
