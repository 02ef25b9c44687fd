"""The multi-step LIF neuron as SpikingJelly's torch backend runs it: a Python loop over time steps, one elementwise
operation after another, autograd through all of them. Shared by the peer scripts; SpikingJelly itself is not needed."""
import torch
from torch import nn


class Triangle(torch.autograd.Function):
    """Heaviside forward, max(0, 1 - |u|) backward."""

    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return (u >= 0).to(u)

    @staticmethod
    def backward(ctx, grad):
        u, = ctx.saved_tensors
        return grad * (1.0 - u.abs()).clamp(min=0)


class LIF(nn.Module):
    """[T, N, ...] -> spikes of the same shape. Keeps the membrane potential until `reset`. No decay of the input, hard
    reset, gradient through the reset unless `detach_reset`. Membrane potentials are not stored as a sequence."""

    def __init__(self, tau=2.0, v_threshold=1.0, v_reset=0.0, detach_reset=False):
        super().__init__()
        self.tau, self.v_threshold, self.v_reset, self.detach_reset = tau, v_threshold, v_reset, detach_reset
        self.v = None

    def reset(self):
        self.v = None

    def single_step(self, x):
        if self.v is None:
            self.v = torch.full_like(x, self.v_reset, requires_grad=False)
        if self.v_reset == 0:  # SpikingJelly's shorter form of the line below it
            h = self.v * (1.0 - 1.0 / self.tau) + x
        else:
            h = self.v - (self.v - self.v_reset) / self.tau + x
        s = Triangle.apply(h - self.v_threshold)
        s_reset = s.detach() if self.detach_reset else s
        self.v = (1.0 - s_reset) * h + s_reset * self.v_reset
        return s

    def forward(self, x):
        return torch.stack([self.single_step(x[t]) for t in range(x.shape[0])])


def reset_net(net):
    for m in net.modules():
        if isinstance(m, LIF):
            m.reset()
