"""The multi-step LIF neuron in plain PyTorch, autograd through all of it: as SpikingJelly's torch backend runs it, and as
PyTorch runs it best. Shared by the peer scripts; SpikingJelly itself is not needed."""
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
    """[T, N, ...] -> spikes of the same shape: a Python loop over time steps, one elementwise operation after another, as
    SpikingJelly's torch backend does it. Keeps the membrane potential until `reset`. No decay of the input, hard
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


class PlainLIF(nn.Module):
    """The same neuron (tau 2, threshold 1, reset to 0) for a batch that starts at rest: no potential outlives the call, and
    spikes lie in memory as x does, so that channels_last stays so."""

    def forward(self, x):
        v, spikes = None, []
        for t in range(x.shape[0]):
            h = x[t] if v is None else v * 0.5 + x[t]
            s = Triangle.apply(h - 1.0)
            v = (1.0 - s) * h
            spikes.append(s)
        return torch.cat(spikes).view(x.shape)


def reset_net(net):
    for m in net.modules():
        if isinstance(m, LIF):
            m.reset()
