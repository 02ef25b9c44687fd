"""What the scripts that time a whole training step on the CPU share: options, the optimizer, the timing, the result line."""
import json
import statistics
import time

import torch

import machine
from lif import LIF, PlainLIF, reset_net

WAYS = ["eager", "channels_last", "compiled"]


def add_options(parser, batch, steps, lr):
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--T", type=int, default=4)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32", help="bfloat16: under autocast")
    parser.add_argument("--way", choices=WAYS, default="eager",
                        help="compiled: networks and loss as one by torch.compile, contiguous")
    parser.add_argument("--method", choices=["sakd", "direct"], default="sakd")
    parser.add_argument("--lr", type=float, default=lr)
    parser.add_argument("--logit-weight", type=float, default=1.0)
    parser.add_argument("--temperature", type=float, default=4.0)
    parser.add_argument("--feature-weight", type=float, default=100.0)
    machine.add_options(parser)


def neuron(a):
    """SpikingJelly's torch backend where nothing else is asked for, else the one that keeps layout and graph."""
    return LIF if a.way == "eager" else PlainLIF


def laid_out(a, *parts):
    """Images and networks in the way's memory layout."""
    return [p.to(memory_format=torch.channels_last) if a.way == "channels_last" and p is not None else p for p in parts]


def loss_function(a, f):
    return torch.compile(f) if a.way == "compiled" else f


def measure(a, where, student, loss, **about):
    """Times steps of SGD on `loss(cast)`, `cast` making the context of activations' type, and prints the result line."""
    optimizer = torch.optim.SGD(student.parameters(), lr=a.lr, momentum=0.9, nesterov=True, weight_decay=5e-4)
    cast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.dtype == "bfloat16")
    times, losses = [], []
    for _ in range(a.warmup + a.steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        value = loss(cast)
        value.backward()
        optimizer.step()
        reset_net(student)
        times.append(time.perf_counter() - start)
        losses.append(value.item())
        assert torch.isfinite(value), f"loss is {losses}"
    step = statistics.median(times[a.warmup:])
    print(json.dumps({"peer": f"pytorch {torch.__version__}", **about, "way": a.way, "step_s": round(step, 4),
                      "images_per_s": round(a.batch / step, 3), "method": a.method, "dtype": a.dtype, "T": a.T,
                      "batch": a.batch, "steps": a.steps, "step_s_min": round(min(times[a.warmup:]), 4),
                      "step_s_max": round(max(times[a.warmup:]), 4), **where,
                      "loss_first": round(losses[0], 4), "loss_last": round(losses[-1], 4)}))
