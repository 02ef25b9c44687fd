"""Times batch norm (training mode) followed by LIF in PyTorch and SpikingJelly on a GPU, forward and backward apart, with
activations in 16 bits, and adds rows to the table of `sakd bench`."""
import torch
import torch._functorch.config
from torch import nn

import gpu

CHANNELS = 128
SIDE = 8


class Layer(nn.Module):
    def __init__(self, neuron, T):
        super().__init__()
        self.bn, self.act, self.T = nn.BatchNorm2d(CHANNELS), neuron(), T

    def forward(self, x):
        y = self.bn(x)
        return self.act(y.view(self.T, -1, *y.shape[1:]))


def measure(a, way, T, elements):
    n = max(1, elements // (T * CHANNELS * SIDE * SIDE))
    layer = Layer(way.neuron, T).to(a.device).train()
    run = way.compiled(layer)
    x = torch.randn(T * n, CHANNELS, SIDE, SIDE, device=a.device).to(way.dtype, memory_format=way.layout()).requires_grad_()
    # As the layer's output lies in memory, which is how the next layer's backward would give it.
    grad = torch.randn_like(x).view(T, n, CHANNELS, SIDE, SIDE)
    out = []

    def forward():
        out[:] = [run(x)]
        gpu.reset(layer)

    def backward():
        x.grad = None
        out[0].backward(grad, retain_graph=True)

    cells = []
    for work in (forward, backward):
        work()
        t = gpu.seconds(a.device, work, 1 if a.quick else 9)
        cells += [f"{t / (T * n * CHANNELS * SIDE * SIDE) * 1e9:.4f}", "", ""]
    assert torch.isfinite(x.grad.float()).all()
    return cells


def main():
    p = gpu.parser(__doc__)
    p.add_argument("--T", type=int, nargs="*", default=[4, 16])
    p.add_argument("--elements", type=int, nargs="*", default=[1 << 20, 1 << 24, 1 << 26, 1 << 28])
    a = p.parse_args()
    if a.quick:
        a.T, a.elements = [4], [1 << 16]
    gpu.title(a.device)
    torch._functorch.config.donated_buffer = False  # what backward needs is kept for the next sample
    clock = gpu.Clock(a.seconds)
    rows = gpu.Rows(a.into, "Batch norm + LIF")
    ways = [way for way in gpu.ways(a) if way.compile != "reduce-overhead"]  # its graphs allow one backward a forward
    for T in a.T:
        for elements in a.elements:
            for way in ways:
                cells = gpu.attempt(a.device, clock, way.neuron, lambda: measure(a, way, T, elements), 6)
                rows.add(T, elements, way.name, *cells)


if __name__ == "__main__":
    main()
