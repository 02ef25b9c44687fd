"""What the GPU peer scripts share: the ways of running a network that are compared, timing, and rows of the Markdown file
that `sakd bench` writes. SpikingJelly is used where it can be imported; its CuPy and Triton backends where those can."""
import argparse
import contextlib
import dataclasses
import functools
import importlib.util
import os
import re
import statistics
import sys
import time
import typing

import torch

from lif import LIF, PlainLIF

NAMES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "FP16"}


def parser(doc):
    p = argparse.ArgumentParser(description=doc)
    p.add_argument("--device", default="cuda", help="cuda, or cpu to see that it runs")
    p.add_argument("--quick", action="store_true", help="small and few")
    p.add_argument("--into", help="Markdown file of `sakd bench`, whose table gets the rows; else they are printed")
    p.add_argument("--seconds", type=float, default=200, help="what is not begun by then is said not to be measured")
    p.add_argument("--ways", nargs="*", help="only ways whose name holds one of these, such as triton or 'eager BF16'")
    return p


@dataclasses.dataclass(frozen=True)
class Way:
    """A way of running a network; its name is what its row is called."""
    backend: str
    neuron: typing.Callable  # makes one
    dtype: torch.dtype
    channels_last: bool = False
    compile: str = ""  # the mode of torch.compile, or none

    @property
    def name(self):
        layout = "channels_last" if self.channels_last else "contiguous"
        return f"{self.backend} {self.compile + ' ' if self.compile else ''}{NAMES[self.dtype]} {layout}"

    def compiled(self, function):
        if not self.compile:
            return function
        torch.compiler.reset()
        return torch.compile(function, mode=self.compile)

    def layout(self):
        return torch.channels_last if self.channels_last else torch.contiguous_format


def spikingjelly(device):
    """Name of each of its backends that is here -> what makes a neuron."""
    if importlib.util.find_spec("spikingjelly") is None:
        print("SpikingJelly is not there: its backends are not measured; put it on PYTHONPATH", file=sys.stderr)
        return {}
    try:
        from spikingjelly.activation_based import neuron, surrogate
    except Exception as e:
        print(f"SpikingJelly is there but cannot be imported ({type(e).__name__}: {e}): not measured", file=sys.stderr)
        return {}

    def backend(name):
        # PiecewiseQuadratic(1) is the triangle max(0, 1 - |u|).
        return lambda: neuron.LIFNode(tau=2.0, decay_input=False, v_threshold=1.0, v_reset=0.0, step_mode="m",
                                      surrogate_function=surrogate.PiecewiseQuadratic(alpha=1.0), backend=name)

    names = [b for b in ("triton", "cupy") if device != "cpu" and importlib.util.find_spec(b)] + ["torch"]
    return {name: backend(name) for name in names}


def ways(a, layouts=(True, False)):
    """All ways in 16 bits: first the one of each kind that should be its fastest, so that a run that is cut off has the
    comparison that matters. SpikingJelly's Triton neuron copies what is channels_last, its CuPy neuron knows no bf16. With
    --quick only what --ways names is compiled, which takes minutes on a processor."""
    jelly = spikingjelly(a.device)
    low, half, last = torch.bfloat16, torch.float16, True in layouts
    found = [Way("SpikingJelly triton", jelly["triton"], low)] if "triton" in jelly else []
    found.append(Way("PyTorch eager", PlainLIF, low, last))
    found += [Way("PyTorch compiled", PlainLIF, low, last, mode) for mode in ("default", "reduce-overhead")]
    for name, neuron in jelly.items():
        found += [Way(f"SpikingJelly {name}", neuron, half if name == "cupy" else low, layout) for layout in layouts]
    found += [Way("PyTorch eager", PlainLIF, low, layout) for layout in layouts]
    found = list(dict.fromkeys(found))
    if a.ways:
        return [way for way in found if any(part in way.name for part in a.ways)]
    return [way for way in found if not (a.quick and way.compile)]


@functools.cache
def require_lif(neuron, device):
    """Nothing is timed that computes something else: spikes and gradients are compared with those of LIF, in float32."""
    torch.manual_seed(1)
    start = 1.5 * torch.randn(4, 32, 64, device=device)
    grad = torch.randn(4, 32, 64, device=device)
    results = []
    for make in (LIF, neuron):
        x = start.clone().requires_grad_()
        spikes = make().to(device)(x)
        spikes.backward(grad)
        results.append((spikes.detach(), x.grad))
    for ours, theirs in zip(*results):
        off = ((ours - theirs).abs() > 1e-4 * (1 + ours.abs())).sum().item()
        if off > start.numel() // 1000:  # a potential may be so near the threshold that rounding decides
            raise RuntimeError(f"another neuron: {off} of {start.numel()} numbers differ")


def reset(net):
    """Forgets all potentials; both kinds of neuron that keep them have a `reset` of their own."""
    for m in net.modules():
        if m is not net and hasattr(m, "reset") and hasattr(m, "v"):
            m.reset()


def autocast(device, dtype):
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)


def synchronize(device):
    if device != "cpu":
        torch.cuda.synchronize()


def seconds(device, work, samples, sample_seconds=0.01):
    """Seconds of one run: the median over samples of runs back to back, each so long at least, with a wait at its end; as
    `sakd bench` times its own."""

    def sample(runs):
        synchronize(device)
        start = time.perf_counter()
        for _ in range(runs):
            work()
        synchronize(device)
        return (time.perf_counter() - start) / runs

    once = min(sample(1), sample(1))
    runs = max(1, min(1000, int(sample_seconds / once))) if samples > 1 else 1
    return statistics.median(sample(runs) for _ in range(samples))


def peak_mib(device):
    return f"{torch.cuda.max_memory_allocated() / 2 ** 20:.1f}" if device != "cpu" else ""


class Clock:
    """What is left of the time a script may take."""

    def __init__(self, limit):
        self.end = time.monotonic() + limit

    def over(self):
        return time.monotonic() > self.end


def attempt(device, clock, neuron, measure, columns):
    """The cells that `measure` returns, or why there are none, in so many columns. Fresh memory each time."""
    if clock.over():
        cells = ["not measured: out of time"]
    else:
        try:
            if device != "cpu":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            require_lif(neuron, device)
            cells = measure()
        except torch.cuda.OutOfMemoryError:
            cells = ["out of memory"]
        except Exception as e:  # A backend that does not work here is a result too.
            cells = [f"failed: {type(e).__name__}: {str(e).splitlines()[0][:80] if str(e) else ''}".replace("|", "/")]
    return cells + [""] * (columns - len(cells))


def title(device):
    name = torch.cuda.get_device_name() if device != "cpu" else "the processor"
    print(f"PyTorch {torch.__version__} on {name}", file=sys.stderr)


class Rows:
    """Appends rows to the table of a section, at once, so that a script that is stopped leaves what it had."""

    def __init__(self, path, section):
        self.path, self.section = path, section

    def _read(self):
        """All lines, and the first and last line of the section's table."""
        with open(self.path) as f:
            lines = f.read().split("\n")
        if f"## {self.section}" not in lines:
            sys.exit(f"{self.path} has no section '{self.section}'; expected a file that `sakd bench` wrote")
        at = lines.index(f"## {self.section}")
        end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("## ")), len(lines))
        table = [i for i in range(at, end) if lines[i].startswith("|")]
        return lines, table[0], table[-1]

    def _insert(self, lines, at, new):
        lines[at + 1:at + 1] = new
        with open(self.path + ".part", "w") as f:
            f.write("\n".join(lines))
        os.replace(self.path + ".part", self.path)

    def add(self, *cells):
        row = "| " + " | ".join(map(str, cells)) + " |"
        print(row, flush=True)
        if self.path:
            lines, _, last = self._read()
            self._insert(lines, last, [row])

    def compare(self, what, rate, memory):
        """For each work a line below the table, in place of those that are there: SAKD against the fastest peer, by the
        columns of those names."""
        if not self.path:
            return
        lines, first, last = self._read()
        cut = lambda line: [cell.strip() for cell in line.strip("|").split("|")]
        head = cut(lines[first])
        rows = [dict(zip(head, cut(line))) for line in lines[first + 2:last + 1]]
        number = lambda row, column: float(row[column]) if re.fullmatch(r"[0-9.]+", row[column]) else 0.0
        told = []
        for work in dict.fromkeys(row[what] for row in rows):
            ours, peers = ([row for row in rows if row[what] == work and number(row, rate)
                            and row["Implementation"].startswith("SAKD") == own] for own in (True, False))
            if ours and peers:
                a, b = (max(side, key=lambda row: number(row, rate)) for side in (ours, peers))
                share = f", {number(a, memory) / number(b, memory):.2f} of its memory" if number(b, memory) else ""
                told.append(f"- {work}: {number(a, rate) / number(b, rate):.2f} times the {rate.lower()} of "
                            f"{b['Implementation']}, the fastest beside it{share}.")
        if told:
            while len(lines) > last + 2 and lines[last + 1] == "" and lines[last + 2].startswith("- "):
                del lines[last + 2]
                if len(lines) == last + 2 or not lines[last + 2].startswith("- "):
                    del lines[last + 1]
            self._insert(lines, last, ["", *told])
