"""Turns the lines of JSON of run-cpu.sh into benchmarks/results/cpu-<model>.md."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

NAMES = {"float32": "F32", "bfloat16": "BF16"}


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    model = model.group(1).strip() if model else os.uname().machine
    features = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if re.search(rf"\b{f}\b", text)]
    memory = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) >> 20
    compiler = subprocess.run([os.environ.get("CXX") or "c++", "--version"], capture_output=True, text=True)
    return model, [f"{model}, {os.cpu_count()} cores, {memory} GiB of memory; {', '.join(features)}",
                   compiler.stdout.split("\n")[0]]


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines] + [""]


def main():
    lines = [json.loads(line) for line in open(sys.argv[1])]
    ours = [r for r in lines if r["peer"] == "sakd"]
    peers = [r for r in lines if r["peer"] != "sakd"]
    missing = "skipped: apt-get install python3-torch"
    model, where = machine()
    if peers:
        where.append(f"{peers[0]['peer']}, {peers[0]['threads']} threads, {peers[0]['cpu_capability']}")
    out = [f"# {model}", "", f"{datetime.date.today()}. Written by `benchmarks/run-cpu.sh`.", "",
           *(f"- {w}" for w in where), ""]

    steps = [r for r in ours if "step_s" in r]
    rows = []
    for r in steps:
        peer = next((p for p in peers if "step_s" in p and p["method"] == r["method"]
                     and NAMES[p["dtype"]] == r["dtype"]), None)
        rows.append([r["method"], r["dtype"], f"{r['images_per_s']:.1f}",
                     f"{peer['images_per_s']:.1f}" if peer else missing,
                     f"{r['images_per_s'] / peer['images_per_s']:.2f}" if peer else "",
                     *(f"{100 * r[k]:.0f} %" for k in ("convolution", "neuron", "rest")), r["peak_mib"]])
    if steps:
        out += ["## A training step", "",
                f"{steps[0]['model']}, images 32x32, T = {steps[0]['T']}, batch {steps[0]['batch']}, median step.", ""]
        out += table(["Method", "Storage", "Images/s", "PyTorch", "Ratio", "Convolution", "Neuron", "Rest", "MiB"], rows)

    rows = []
    for r in ours:
        if not r.get("op", "").startswith("batch_norm"):
            continue
        direction = r["op"].split()[-1]
        peer = next((p for p in peers if p.get("op") == "batch_norm+lif" and NAMES[p["dtype"]] == r["dtype"]), None)
        cells = ["", ""]
        if r["merge"] == "NONE":
            ns = peer and peer[f"{direction}_ns_per_element"]
            cells = [f"{ns:.3f}", f"{ns / r['ns_per_element']:.1f}"] if peer else [missing, ""]
        rows.append([direction, r["dtype"], r["merge"].lower(), f"{r['ns_per_element']:.3f}", f"{r['gb_per_s']:.1f}",
                     f"{100 * r['share_of_copy']:.0f} %", *cells])
    copies = [r for r in ours if r.get("op") == "copy"]
    if rows and copies:
        out += ["## Batch norm + LIF, fused", "",
                f"T = 4, 128 channels, {copies[0]['mib']} MiB a tensor. A copy on all cores moves "
                f"{copies[0]['gb_per_s']:.1f} GB/s, read and written. Counted: the bytes each pass has to move. "
                "PyTorch runs it unfused; its ratio is time against time.", ""]
        out += table(["Pass", "Storage", "Residual", "ns/element-step", "GB/s", "Of the copy", "PyTorch, ns", "Ratio"], rows)

    slug = re.sub(r"[^a-z0-9]+", "-", model.lower().replace("(r)", "").replace("(tm)", "")).strip("-")
    path = pathlib.Path(__file__).parent / "results" / f"cpu-{slug}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(out))
    print(path)


if __name__ == "__main__":
    main()
