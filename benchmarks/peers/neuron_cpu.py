"""Times batch norm (training mode) followed by a LIF neuron, unfused as PyTorch and SpikingJelly run them, forward and
backward apart, on the CPU; and the machine's copy bandwidth beside it. Prints two lines of JSON."""
import argparse
import json
import resource
import statistics
import sys
import time

import torch
from torch import nn

import machine
from lif import LIF


def clock(f):
    start = time.perf_counter()
    result = f()
    return time.perf_counter() - start, result


def available_bytes():
    with open("/proc/meminfo") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("MemAvailable")) * 1024


def neuron(a):
    item = 4 if a.dtype == "float32" else 2
    image = a.T * a.channels * a.size * a.size
    n = max(1, a.elements // image)
    elements = n * image
    needed = 21 * elements * item  # the peak measured with --malloc reuse, in tensors of this size
    if needed > available_bytes():
        sys.exit(f"{elements} element-steps may need {needed >> 20} MiB, {available_bytes() >> 20} MiB are free; "
                 f"choose fewer --elements")
    dtype = getattr(torch, a.dtype)
    x = torch.randn(a.T * n, a.channels, a.size, a.size).to(dtype).requires_grad_()
    grad = torch.randn(a.T, n, a.channels, a.size, a.size).to(dtype)
    bn, lif = nn.BatchNorm2d(a.channels).train(), LIF()

    def forward():
        y = bn(x)
        return lif(y.view(a.T, n, *y.shape[1:]))

    forwards, backwards = [], []
    for _ in range(a.warmup + a.steps):
        x.grad = None
        bn.zero_grad(set_to_none=True)
        f, s = clock(forward)
        b, _ = clock(lambda: s.backward(grad))
        rate = s.detach().mean(dtype=torch.float32).item()
        del s
        lif.reset()
        forwards.append(f)
        backwards.append(b)
    assert torch.isfinite(x.grad).all()
    f, b = (statistics.median(t[a.warmup:]) for t in (forwards, backwards))
    return {"op": "batch_norm+lif", "elements": elements, "shape": [a.T, n, a.channels, a.size, a.size],
            "dtype": a.dtype, "forward_s": round(f, 6), "backward_s": round(b, 6),
            "forward_ns_per_element": round(f / elements * 1e9, 4),
            "backward_ns_per_element": round(b / elements * 1e9, 4),
            "total_ns_per_element": round((f + b) / elements * 1e9, 4),
            "forward_s_range": [round(t(forwards[a.warmup:]), 6) for t in (min, max)],
            "backward_s_range": [round(t(backwards[a.warmup:]), 6) for t in (min, max)], "firing_rate": round(rate, 4),
            "max_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}


def copy(a):
    source = torch.ones(a.copy_mib << 18)
    target = torch.zeros_like(source)
    times = [clock(lambda: target.copy_(source))[0] for _ in range(a.warmup + max(a.steps, 5))][a.warmup:]
    moved = 2 * source.numel() * source.element_size()
    return {"op": "copy", "mib": a.copy_mib, "seconds": round(statistics.median(times), 6),
            "gb_per_s": round(moved / statistics.median(times) / 1e9, 3),
            "gb_per_s_best": round(moved / min(times) / 1e9, 3)}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--elements", type=int, default=134217728, help="element-steps, T included; rounded to whole images")
    p.add_argument("--T", type=int, default=4)
    p.add_argument("--channels", type=int, default=128)
    p.add_argument("--size", type=int, default=32, help="height and width")
    p.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32",
                   help="bfloat16: activations in bfloat16, batch norm's parameters in float32, as under autocast")
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--warmup", type=int, default=5,
                   help="the first runs grow the heap, and pay for it; up to four did where this was measured")
    p.add_argument("--copy-mib", type=int, default=1024, help="size of the tensor copied; reads and writes both count")
    machine.add_options(p)
    a = p.parse_args()
    where = {"peer": f"pytorch {torch.__version__}", **machine.prepare(a)}
    for measure in (neuron, copy):
        print(json.dumps({**where, **measure(a)}), flush=True)


if __name__ == "__main__":
    main()
