"""Times batch norm (training mode) followed by LIF in PyTorch and SpikingJelly on a GPU, forward and backward apart, with
activations in bfloat16, and adds rows to the table of `sakd bench`."""
import torch
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


def measure(a, neuron, T, elements, compile_it):
    n = max(1, elements // (T * CHANNELS * SIDE * SIDE))
    layer = Layer(neuron, T).to(a.device).train()
    run = gpu.compiled(layer) if compile_it else layer
    x = torch.randn(T * n, CHANNELS, SIDE, SIDE, device=a.device).to(torch.bfloat16).requires_grad_()
    grad = torch.randn(T, n, CHANNELS, SIDE, SIDE, device=a.device).to(torch.bfloat16)
    out = []

    def forward():
        out[:] = [run(x)]
        gpu.reset(layer)

    def backward():
        x.grad = None
        out[0].backward(grad, retain_graph=True)

    cells = []
    for work in (forward, backward):
        for _ in range(2):
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
    clock = gpu.Clock(a.seconds)
    rows = gpu.Rows(a.into, "Batch norm + LIF")
    kinds = [(name, neuron, False) for name, neuron in gpu.neurons(a.device).items()]
    if gpu.compiled(nn.Identity()) is not None:
        kinds.append(("PyTorch compiled", gpu.LIF, True))
    for T in a.T:
        for elements in a.elements:
            for kind, neuron, compile_it in kinds:
                cells = gpu.attempt(a.device, clock, lambda: measure(a, neuron, T, elements, compile_it), 6)
                rows.add(T, elements, kind, *cells)


if __name__ == "__main__":
    main()
