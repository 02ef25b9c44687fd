"""Times Linear(n, n) + LIF over a long time in PyTorch and SpikingJelly on a GPU, forward, and backward from the sum of all
spikes, and adds rows to the table of `sakd bench`."""
import dataclasses

import torch
from torch import nn

import gpu

BATCH = 16


def measure(a, way, n, T):
    net = nn.Sequential(nn.Linear(n, n), way.neuron()).to(a.device)
    x = torch.randn(T, BATCH, n, device=a.device)
    out = []

    def forward():
        with gpu.autocast(a.device, way.dtype):
            out[:] = [net(x)]
        gpu.reset(net)

    def backward():
        net.zero_grad(set_to_none=True)
        out[0].sum().backward(retain_graph=True)

    cells = []
    for work in (forward, backward):
        work()
        cells.append(f"{gpu.seconds(a.device, work, 1 if a.quick else 5) * 1e3:.3f}")
    assert torch.isfinite(net[0].weight.grad).all()
    return cells + [gpu.peak_mib(a.device)]


def main():
    p = gpu.parser(__doc__)
    p.add_argument("--n", type=int, nargs="*", default=[4096, 8192, 16384])
    p.add_argument("--T", type=int, default=500)
    a = p.parse_args()
    if a.quick:
        a.n, a.T = [64], 40
    gpu.title(a.device)
    clock = gpu.Clock(a.seconds)
    rows = gpu.Rows(a.into, "Linear(n, n) + LIF")
    ways = [way for way in gpu.ways(a, layouts=(False,)) if not way.compile]  # 500 steps, unrolled: no compiler ends
    ways += [dataclasses.replace(way, dtype=torch.float32) for way in ways]
    for n in a.n:
        for way in ways:
            cells = gpu.attempt(a.device, clock, way.neuron, lambda: measure(a, way, n, a.T), 3)
            rows.add(n, way.name, *cells)


if __name__ == "__main__":
    main()
