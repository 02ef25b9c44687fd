"""What the GPU peer scripts share: the neurons that are compared, timing, and rows of the Markdown file that `sakd bench`
writes. SpikingJelly is used where it can be imported; its CuPy and Triton backends where those can."""
import argparse
import contextlib
import importlib.util
import re
import statistics
import sys
import time

import torch

from lif import LIF


def parser(doc):
    p = argparse.ArgumentParser(description=doc)
    p.add_argument("--device", default="cuda", help="cuda, or cpu to see that it runs")
    p.add_argument("--quick", action="store_true", help="small and few")
    p.add_argument("--into", help="Markdown file of `sakd bench`, whose table gets the rows; else they are printed")
    p.add_argument("--seconds", type=float, default=200, help="what is not begun by then is said not to be measured")
    return p


def neurons(device):
    """Name -> a function that makes a neuron: PyTorch's eager mode, and SpikingJelly's backends."""
    found = {"PyTorch eager": LIF}
    if importlib.util.find_spec("spikingjelly") is None:
        print("SpikingJelly is not there: its backends are not measured; put it on PYTHONPATH", file=sys.stderr)
        return found
    try:
        from spikingjelly.activation_based import neuron, surrogate
    except Exception as e:
        print(f"SpikingJelly is there but cannot be imported ({type(e).__name__}: {e}): not measured", file=sys.stderr)
        return found

    def backend(name):
        # PiecewiseQuadratic(1) is the triangle max(0, 1 - |u|).
        return lambda: neuron.LIFNode(tau=2.0, decay_input=False, v_threshold=1.0, v_reset=0.0, step_mode="m",
                                      surrogate_function=surrogate.PiecewiseQuadratic(alpha=1.0), backend=name)

    for name in ["torch"] + [b for b in ("cupy", "triton") if device != "cpu" and importlib.util.find_spec(b)]:
        found[f"SpikingJelly {name}"] = backend(name)
    return found


def reset(net):
    """Forgets all potentials; both kinds of neuron have a `reset` of their own."""
    for m in net.modules():
        if m is not net and hasattr(m, "reset") and hasattr(m, "v"):
            m.reset()


def compiled(net):
    """torch.compile, where this PyTorch has it."""
    return torch.compile(net) if hasattr(torch, "compile") else None


def autocast(device, dtype):
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)


def synchronize(device):
    if device != "cpu":
        torch.cuda.synchronize()


def seconds(device, work, samples):
    """Seconds of one run: the median, each with a wait at its end."""
    times = []
    for _ in range(samples):
        synchronize(device)
        start = time.perf_counter()
        work()
        synchronize(device)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_mib(device):
    return f"{torch.cuda.max_memory_allocated() / 2 ** 20:.1f}" if device != "cpu" else ""


class Clock:
    """What is left of the time a script may take."""

    def __init__(self, limit):
        self.end = time.monotonic() + limit

    def over(self):
        return time.monotonic() > self.end


def attempt(device, clock, measure, columns):
    """The cells that `measure` returns, or why there are none, in so many columns. Fresh memory each time."""
    if clock.over():
        cells = ["not measured: out of time"]
    else:
        try:
            if device != "cpu":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
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
        with open(self.path, "w") as f:
            f.write("\n".join(lines))

    def add(self, *cells):
        row = "| " + " | ".join(map(str, cells)) + " |"
        print(row, flush=True)
        if self.path:
            lines, _, last = self._read()
            self._insert(lines, last, [row])

    def compare(self, what, rate, memory):
        """For each work a line below the table: SAKD against the fastest peer, by the columns of those names."""
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
            print("\n".join(told), flush=True)
            self._insert(lines, last, ["", *told])
