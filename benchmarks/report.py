"""report.py LINES [FOLDER]: turns the lines of JSON of run-cpu.sh into cpu-<model>.md in benchmarks/results, or in FOLDER,
and keeps the ratios of each run in cpu-<model>.json beside it. Fails where a ratio is below the last one by more than a
tenth."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

NAMES = {"float32": "F32", "bfloat16": "BF16"}
WAYS = ["eager", "channels_last", "compiled"]
PASSES = ["forward", "data", "weights"]
MISSING = "not measured: no PyTorch"
FALL = 0.9


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    model = model.group(1).strip() if model else os.uname().machine
    features = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if re.search(rf"\b{f}\b", text)]
    memory = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) >> 20
    return model, [f"{model}, {os.cpu_count()} cores, {memory} GiB of memory; {', '.join(features)}",
                   output(os.environ.get("CXX") or "c++", "--version").split("\n")[0]]


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines] + [""]


def percent(share):
    return f"{100 * share:.0f} %"


class Step:
    """A training step of ours, with PyTorch's ways of the same step that were measured right after it."""

    def __init__(self, ours):
        self.ours, self.peers = ours, {}

    @property
    def name(self):
        limit = self.ours.get("isa_limit")
        return f"{self.ours['method']} {self.ours['dtype']}" + (f", {limit} at most" if limit else "")

    @property
    def ratio(self):
        best = max((p["images_per_s"] for p in self.peers.values()), default=None)
        return round(self.ours["images_per_s"] / best, 3) if best else None

    def cells(self):
        r = self.ours
        ways = [f"{self.peers[w]['images_per_s']:.1f}" if w in self.peers else "" for w in WAYS]
        return [self.name, f"{r['images_per_s']:.1f}", quartiles(r), *ways,
                f"{self.ratio:.2f}" if self.ratio else MISSING, r["peak_mib"]]


def quartiles(r):
    return f"{1e3 * r['step_s_lower']:.0f} to {1e3 * r['step_s_upper']:.0f}"


def steps_of(lines):
    steps = []
    for r in lines:
        if "step_s" not in r or r.get("batch") != 16:
            continue
        if r["peer"] == "sakd":
            steps.append(Step(r))
        else:
            steps[-1].peers[r["way"]] = r
    return steps


def shares(steps):
    """Where the time of a step goes: the shares of the operations that take most, and of the others together."""
    out = []
    for step in steps:
        operations = step.ours["operations"]
        whole = sum(o["ms"] for o in operations)
        shown = [o for o in operations if o["ms"] >= 0.005 * whole]
        rest = whole - sum(o["ms"] for o in shown)
        out += [f"`{step.name}`: " + ", ".join(
            [f"{o['name']} {100 * o['ms'] / whole:.1f} %" for o in shown] + [f"others {100 * rest / whole:.1f} %"])
            + ".", ""]
    return out


def convolutions(lines, steps):
    """What each pass reaches, alone and in a step, against the best shape."""
    rates = [r for r in lines if r.get("op") == "convolution"]
    names = {"forward": "conv", "data": "convBackwardData", "weights": "convBackwardWeights"}
    rows = []
    for dtype in dict.fromkeys(r["dtype"] for r in rates):
        best = max(r["gflops"] for r in rates if r["dtype"] == dtype and r["density"] == 1)
        for density in dict.fromkeys(r["density"] for r in rates):
            for what in PASSES:
                if what == "data" and density < 1:  # It is handed gradients, never spikes.
                    continue
                of = [r["gflops"] for r in rates
                      if (r["dtype"], r["density"], r["pass"]) == (dtype, density, what)]
                rows.append([what, dtype, percent(density), *(f"{g:.0f}" for g in of), ""])
        step = next((s for s in steps if s.name == f"sakd {dtype}"), None)
        for what in PASSES if step else []:
            g = next(o["gflops"] for o in step.ours["operations"] if o["name"] == names[what])
            rows.append([f"{what}, all of a step", dtype, "", "", "", "", "", f"{g:.0f}, {percent(g / best)} of {best:.0f}"])
    return table(["Pass", "Storage", "Not zero", "32x32, 64", "16x16, 128", "8x8, 256", "4x4, 512",
                  "In a step, of the best dense shape"], rows)


def neurons(ours, peers):
    rows = []
    for r in ours:
        if not r.get("op", "").startswith("batch_norm"):
            continue
        direction = r["op"].split()[-1]
        peer = next((p for p in peers if p.get("op") == "batch_norm+lif" and NAMES[p["dtype"]] == r["dtype"]), None)
        cells = ["", ""]
        if r["merge"] == "NONE":
            ns = peer and peer[f"{direction}_ns_per_element"]
            cells = [f"{ns:.3f}", f"{ns / r['ns_per_element']:.1f}"] if peer else [MISSING, ""]
        rows.append([direction, r["dtype"], r["merge"].lower(), f"{r['ns_per_element']:.3f}", f"{r['gb_per_s']:.1f}",
                     percent(r["share_of_copy"]), *cells])
    return rows


def opencl(ours):
    rows = [r for r in ours if "step_s" in r and r["batch"] == 4]
    return [[r["device"], r["dtype"], f"{r['images_per_s']:.1f}", quartiles(r), r["peak_mib"]] for r in rows]


def history(path, steps):
    """The runs so far with this one at their end, and what fell since the last one."""
    runs = json.loads(path.read_text()) if path.exists() else []
    last = runs[-1]["steps"] if runs else {}
    run = {"date": str(datetime.date.today()), "commit": output("git", "describe", "--always", "--dirty", "--exclude=*"),
           "steps": {s.name: {"images_per_s": s.ours["images_per_s"], "ratio": s.ratio} for s in steps}}
    fallen = []
    for name, now in run["steps"].items():
        before = last.get(name, {}).get("ratio")
        if before and now["ratio"] and now["ratio"] < FALL * before:
            fallen.append(f"{name}: {now['ratio']:.2f} times PyTorch, {before:.2f} in the run before")
    runs.append(run)
    path.write_text(json.dumps(runs, indent=1) + "\n")
    return runs, fallen


def main():
    lines = [json.loads(line) for line in open(sys.argv[1])]
    ours = [r for r in lines if r["peer"] == "sakd"]
    peers = [r for r in lines if r["peer"] != "sakd"]
    model, where = machine()
    if peers:
        where.append(f"{peers[0]['peer']}, {peers[0]['threads']} threads, {peers[0]['cpu_capability']}")
    slug = re.sub(r"[^a-z0-9]+", "-", model.lower().replace("(r)", "").replace("(tm)", "")).strip("-")
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    steps = steps_of(lines)
    runs, fallen = history(folder / f"cpu-{slug}.json", steps)
    out = [f"# {model}", "", f"{runs[-1]['date']}, commit {runs[-1]['commit']}. Written by `make bench`.", "",
           *(f"- {w}" for w in where), ""]
    if steps:
        out += ["## A training step", "",
                f"{steps[0].ours['model']}, images 32x32, T = {steps[0].ours['T']}, batch 16: images/s, of the median step; "
                "the quartiles of a step's milliseconds; images/s of PyTorch. The ratio is to its fastest way.", ""]
        out += table(["Step", "Images/s", "Quartiles, ms", *(f"PyTorch {w}" for w in WAYS), "Ratio", "MiB"],
                     [s.cells() for s in steps])
        out += ["Where the time goes:", "", *shares(steps)]
    if any(r.get("op") == "convolution" for r in lines):
        out += ["## Convolutions", "", "GFLOP/s, as if every product were made: 3x3, 64 images, of numbers and of spikes.", ""]
        out += convolutions(lines, steps)
    copies = [r for r in ours if r.get("op") == "copy"]
    if copies:
        out += ["## Batch norm + LIF, fused", "",
                f"T = 4, 128 channels, {copies[0]['mib']} MiB a tensor. A copy on all cores moves "
                f"{copies[0]['gb_per_s']:.1f} GB/s, read and written. Counted: the bytes each pass has to move. "
                "PyTorch runs it unfused; its ratio is time against time.", ""]
        out += table(["Pass", "Storage", "Residual", "ns/element-step", "GB/s", "Of the copy", "PyTorch, ns", "Ratio"],
                     neurons(ours, peers))
    if opencl(ours):
        out += ["## OpenCL", "", "The step of SAKD above with batch 4, on the same processor.", ""]
        out += table(["Device", "Storage", "Images/s", "Quartiles, ms", "MiB"], opencl(ours))
    out += ["## Run by run", "", "Images/s, and how many times as fast as PyTorch.", ""]
    names = list(dict.fromkeys(name for run in runs for name in run["steps"]))
    rows = [[name, *(" ".join(f"{s[k]:.{d}f}" for k, d in (("images_per_s", 1), ("ratio", 2)) if s.get(k))
                     for s in (run["steps"].get(name, {}) for run in runs))] for name in names]
    out += table(["Step", *(f"{run['date']} {run['commit']}" for run in runs)], rows)
    path = folder / f"cpu-{slug}.md"
    path.write_text("\n".join(out))
    print(path)
    if fallen:
        sys.exit("slower than in the run before:\n  " + "\n  ".join(fallen))


if __name__ == "__main__":
    main()
