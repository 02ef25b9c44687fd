#!/usr/bin/env python3
"""Reads the machine code of the kernels for sm_90 and holds it to rules that keep a GPU's memory busy.

    check_sass.py FOLDER     what check_cuda.sh left there: NAME.STORAGE.LANES.fatbin, and .log of ptxas

For every kernel: registers; blocks of 256 threads that a multiprocessor holds; bytes of each load and store
of activations; loads of activations that its main loop issues before it first waits for one of them; and
instructions of a thread for each byte of activations that it moves there (an H100 executes 8.8 while its
memory moves a byte: 132 times 128 a clock of 1.75 GHz, 3.35 TB/s). Fails where a rule of broken_rules()
does not hold. Where there is no cuobjdump it says so, and exits with 0.
"""
import concurrent.futures
import functools
import glob
import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

KERNELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kernels")
STORAGE = {"0": ("float", 4), "1": ("half", 2), "2": ("bfloat16", 2)}
FIRST_PARAMETER = 0x210  # of the constant bank 0, on sm_90
BLOCK = 256
REDUCTIONS = {"statistics", "neuron_backward_reduce", "sum_rows", "squared_error", "absolute_error",
              "product_sums", "sum_squares"}


# ---- what a kernel's parameters are ----

def parameters():
    """The declarations KERNEL(name, ...) of all files: {name: [(offset, is activations)] of its pointers}."""
    found = {}
    for file in glob.glob(f"{KERNELS}/*.cu") + glob.glob(f"{KERNELS}/cuda/*.cu"):
        text = re.sub(r"//[^\n]*", "", open(file, encoding="utf-8").read())
        for name, declared in re.findall(r"^KERNEL\(\s*(\w+)\s*,([^()]*)\)", text, re.M):
            offset, pointers = FIRST_PARAMETER, []
            for parameter in declared.split(","):
                size = 8 if "*" in parameter or "int64" in parameter else 4
                offset = (offset + size - 1) // size * size
                if "*" in parameter:
                    pointers.append((offset, "storage" in parameter))
                offset += size
            found[name] = pointers
    # It reads gradients of weights.
    found["sum_squares"][0] = (FIRST_PARAMETER, True)
    return found


# ---- disassembly ----

class Instruction(NamedTuple):
    address: int
    predicate: str
    name: str
    operands: str
    control: int  # the upper half of the instruction's 128 bits

    # Bits 105 to 125 of an instruction are the scheduler's. A load or another instruction of unknown
    # duration counts one of six barriers up until its result is there, or (stores) its operands are read;
    # an instruction starts when all barriers of its mask are at zero.
    @property
    def barrier(self):
        return self.control >> 46 & 7  # 7: none

    @property
    def waits(self):
        return {b for b in range(6) if self.control >> 52 + b & 1}

    @property
    def width(self):
        """Bytes that a load or store moves."""
        for word, size in (("128", 16), ("64", 8), ("U16", 2), ("S16", 2), ("U8", 1), ("S8", 1)):
            if word in self.name.split("."):
                return size
        return 4

    @property
    def target(self):
        place = re.search(r"0x([0-9a-f]+)\s*$", self.operands)
        return int(place.group(1), 16) if place else None


LINE = re.compile(r"/\*([0-9a-f]+)\*/\s+(@!?U?P\w+ )?\s*([A-Z][\w.]*)\s*([^;]*);\s*/\* 0x[0-9a-f]{16} \*/")
CONTROL = re.compile(r"^\s*/\* 0x([0-9a-f]{16}) \*/")


def functions(listing):
    """The functions of cuobjdump's listing: (name, instructions)."""
    name, body, half = None, [], None
    for line in listing.splitlines():
        if "Function : " in line:
            if name:
                yield name, body
            name, body = line.split(":")[1].strip(), []
        elif half and (control := CONTROL.match(line)):
            body.append(Instruction(*half, int(control.group(1), 16)))
            half = None
        elif line_of_code := LINE.search(line):
            address, predicate, mnemonic, operands = line_of_code.groups()
            half = (int(address, 16), predicate or "", mnemonic, operands)
    if name:
        yield name, body


def disassemble(cuobjdump, fatbin):
    def listing(file):
        return subprocess.run([cuobjdump, "-sass", "-arch", "sm_90", file], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False).stdout

    text = listing(fatbin)
    if "Function : " in text:
        return text
    # A cuobjdump of CUDA 12 or older reads machine code of CUDA 13 once its ELF headers have the form that
    # it knows: version of the ABI, and where the architecture is in the flags.
    code = bytearray(open(fatbin, "rb").read())
    for header in (m.start() for m in re.finditer(b"\x7fELF", bytes(code))):
        if code[header + 7] == 0x41:
            architecture = code[header + 49]
            code[header + 7:header + 9] = b"\x33\x07"
            code[header + 48:header + 52] = bytes((architecture, 5, architecture, 0))
    older = fatbin + ".older"
    with open(older, "wb") as file:
        file.write(code)
    text = listing(older)
    os.remove(older)
    return text


# ---- which accesses are of activations ----

def blocks_of(body):
    """Basic blocks: (first, end, numbers of the blocks that may follow). A call goes on behind itself; the
    threads that parted after BSSY go on together from the place that it names, when they come to BSYNC."""
    index = {instruction.address: i for i, instruction in enumerate(body)}
    goals, meeting = {}, {}
    for i, instruction in enumerate(body):
        kind, barrier = instruction.name.split(".")[0], instruction.operands.split(",")[0].strip()
        if kind == "BSSY":
            meeting[barrier] = instruction.target
        elif kind in ("BRA", "EXIT", "RET", "BSYNC"):
            goals[i] = index.get(meeting.get(barrier) if kind == "BSYNC" else instruction.target)
    starts = sorted({0, *(i + 1 for i in goals), *(g for g in goals.values() if g is not None)} - {len(body)})
    number = {first: k for k, first in enumerate(starts)}
    blocks = []
    for first, end in zip(starts, starts[1:] + [len(body)]):
        last = end - 1
        follows = {goals[last]} if goals.get(last) is not None else set()
        if end < len(body) and (last not in goals or body[last].predicate):
            follows.add(end)
        blocks.append((first, end, {number[f] for f in follows}))
    return blocks


SOURCE = re.compile(r"\bU?R\d+|c\[0x0\]\[0x([0-9a-f]+)\]")


def assigned(instruction):
    """The registers that an instruction assigns."""
    register = re.match(r"\s*(U?R)(\d+)\b", instruction.operands)
    if not register or instruction.name.startswith(("ST", "RED", "BAR")):
        return []
    wide = re.search(r"\.(WIDE|64)\b", instruction.name)
    letters, first = register.group(1), int(register.group(2))
    return [f"{letters}{first + k}" for k in range(2 if wide else 1)]


def memory_accesses(body, pointers):
    """The global loads and stores of activations, as indices into body: addresses are followed from the
    constant bank, where the parameters are, through all paths to the instructions that use them."""
    index = {instruction.address: i for i, instruction in enumerate(body)}

    def step(instruction, state):
        if instruction.name.startswith("CALL"):
            for i in range(index.get(instruction.target, len(body)), len(body)):
                for register in assigned(body[i]):
                    state.pop(register, None)
                if body[i].name.startswith("RET"):
                    break
        origin = frozenset()
        if not instruction.name.startswith(("LDG", "LDS", "LDL", "ATOM", "SHFL")):
            sources = instruction.operands.partition(",")[2]
            for source in SOURCE.finditer(sources):
                if source.group(1):
                    place = int(source.group(1), 16)
                    origin |= {p for p, _ in pointers if p <= place < p + 8}
                else:
                    origin |= state.get(source.group(), frozenset())
        for register in assigned(instruction):
            state[register] = origin

    blocks = blocks_of(body)
    before = [None] * len(blocks)
    before[0] = {}
    waiting = [0]
    while waiting:
        k = waiting.pop()
        state = dict(before[k])
        for instruction in body[blocks[k][0]:blocks[k][1]]:
            step(instruction, state)
        for f in blocks[k][2]:
            merged = dict(before[f] or {})
            for register, origin in state.items():
                merged[register] = merged.get(register, frozenset()) | origin
            if merged != before[f]:
                before[f] = merged
                waiting.append(f)

    activations = {p for p, are_activations in pointers if are_activations}
    loads, stores = [], []
    for k, (first, end, _) in enumerate(blocks):
        state = dict(before[k] or {})
        for i in range(first, end):
            instruction = body[i]
            address = re.search(r"\[(U?R\d+)", re.sub(r"desc\[\w+\]", "", instruction.operands))
            if instruction.name.startswith(("LDG", "STG")) and address:
                if state.get(address.group(1), frozenset()) & activations:
                    (loads if instruction.name.startswith("LDG") else stores).append(i)
            step(instruction, state)
    return loads, stores


def main_loop(body, loads):
    """The innermost loop with most loads, as a range of indices; all of the function if there is none."""
    index = {instruction.address: i for i, instruction in enumerate(body)}
    loops = []
    for i, instruction in enumerate(body):
        if instruction.name.startswith("BRA") and instruction.target in index and index[instruction.target] <= i:
            loops.append(range(index[instruction.target], i + 1))
    inner = [a for a in loops if not any(b is not a and b.start >= a.start and b.stop <= a.stop
                                         and any(l in b for l in loads) for b in loops)]
    best = max(inner, key=lambda loop: (sum(l in loop for l in loads), -len(loop)), default=range(len(body)))
    return best if any(l in best for l in loads) else range(len(body))


def loads_before_wait(body, loop, loads):
    issued = 0
    pending = set()
    for i in loop:
        if body[i].waits & pending:
            break
        if i in loads:
            issued += 1
            pending.add(body[i].barrier)
    return issued


# ---- the table ----

class Row(NamedTuple):
    kernel: str
    settings: str
    storage: str
    size: int
    lanes: int
    registers: int
    blocks: int
    loads: list
    stores: list
    in_flight: int
    per_byte: float

    @property
    def steps(self):
        found = re.match(r"T(\d+)", self.settings)
        return int(found.group(1)) if found else 1

    def text(self):
        def widths(accesses):
            return " ".join(f"{accesses.count(w)}x{w}" for w in sorted(set(accesses), reverse=True)) or "-"

        return (f"{self.kernel:<23} {self.settings:<44} {self.storage:<8} {self.lanes:>5} {self.registers:>4} "
                f"{self.blocks:>6}  {widths(self.loads):<14} {widths(self.stores):<14} {self.in_flight:>9} "
                f"{self.per_byte:>6.1f}")


HEADER = (f"{'kernel':<23} {'specialisation':<44} {'storage':<8} {'lanes':>5} {'regs':>4} {'blocks':>6}  "
          f"{'loads':<14} {'stores':<14} {'in flight':>9} {'/byte':>6}")


def broken_rules(row):
    """What a kernel for sm_90 has to keep to."""
    if row.kernel not in REDUCTIONS and not row.kernel.startswith("neuron"):
        return
    if row.kernel in REDUCTIONS and row.in_flight < 8:
        yield f"{row.in_flight} loads in flight, not 8"
    blocks = 3 if row.kernel == "neuron_forward" else 2
    if row.steps <= 4 and row.blocks < blocks:
        yield f"{row.blocks} blocks a multiprocessor, not {blocks}"
    # One lane is for odd numbers of channels.
    widest = row.size == 2 and (row.steps <= 4 or row.kernel == "neuron_forward" and row.steps <= 8)
    least = 16 if widest else 8
    if row.lanes > 1 and any(width < least for width in row.loads + row.stores):
        yield f"accesses of less than {least} bytes"


def resources(log):
    """What ptxas says of sm_90: {kernel: (registers, bytes of shared memory)}."""
    found, kernel, architecture = {}, None, None
    for line in open(log, encoding="utf-8"):
        if entry := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            kernel, architecture = entry.groups()
        elif (used := re.search(r"Used (\d+) registers", line)) and architecture == "sm_90":
            shared = re.search(r"(\d+) bytes smem", line)
            found[kernel] = (int(used.group(1)), int(shared.group(1)) if shared else 0)
    return found


def blocks_a_multiprocessor(registers, shared):
    """Of BLOCK threads on sm_90: 65,536 registers given out by eights, 228 KiB of which a block takes one
    more than it asks for, 2,048 threads."""
    by_registers = 65536 // ((registers + 7) // 8 * 8 * BLOCK)
    return min(by_registers, (228 << 10) // (shared + 1024), 2048 // BLOCK)


def launched(kernel, settings, bytes_an_access, size):
    """Whether the product launches a kernel of neuron.cu with accesses of this width (check_cuda.sh has the
    rule): a source has forward and backward ones, and where T > 4 only either have theirs."""
    if not settings or bytes_an_access == size:
        return True
    long_time = int(re.match(r"T(\d+)", settings).group(1)) > 4
    return bytes_an_access == (8 if long_time and kernel != "neuron_forward" else 16)


def rows_of(cuobjdump, fatbin):
    _, storage, lanes, _ = os.path.basename(fatbin).split(".")
    word, size = STORAGE[storage]
    used, declared = resources(fatbin[:-len("fatbin")] + "log"), parameters()
    rows = []
    for name, body in functions(disassemble(cuobjdump, fatbin)):
        kernel, settings = re.fullmatch(r"(\w+?)(?:_(T\d+_x\d+_\w+))?", name).groups()
        if not launched(kernel, settings, size * int(lanes), size):
            continue
        if kernel.startswith("neuron_stretch"):
            settings = "T32"
        loads, stores = memory_accesses(body, declared[kernel])
        if not loads and not stores or kernel == "sum_squares" and word != "float":
            continue
        loop = main_loop(body, loads or stores)
        loads, stores = ([i for i in accesses if i in loop] for accesses in (loads, stores))
        moved = sum(body[i].width for i in loads + stores)
        rows.append(Row(kernel, settings or "-", word, size, int(lanes), used[name][0],
                        blocks_a_multiprocessor(*used[name]), [body[i].width for i in loads],
                        [body[i].width for i in stores], loads_before_wait(body, loop, loads), len(loop) / moved))
    return rows


def main(folder):
    toolkit = shutil.which(os.environ.get("NVCC", "nvcc")) or ""
    cuobjdump = shutil.which("cuobjdump") or shutil.which("cuobjdump", path=os.path.dirname(os.path.realpath(toolkit)))
    if not cuobjdump:
        print("check-sass: not checked, there is no cuobjdump on the PATH or beside nvcc")
        return 0
    fatbins = sorted(glob.glob(f"{folder}/*.fatbin"))
    if not fatbins:
        print(f"check-sass: not checked, there is no machine code in {folder}")
        return 0
    with concurrent.futures.ProcessPoolExecutor() as pool:
        rows = sum(pool.map(functools.partial(rows_of, cuobjdump), fatbins), [])
    rows.sort(key=lambda row: (row.kernel, row.steps, row.settings, row.storage, row.lanes))
    print(HEADER)
    failed = 0
    for row in rows:
        broken = list(broken_rules(row))
        failed += bool(broken)
        print(row.text() + ("  <- " + "; ".join(broken) if broken else ""))
    # A table that is short means that cuobjdump changed its words, not that all is well.
    if len(rows) < 500:
        print(f"only {len(rows)} kernels in the table")
        failed += 1
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
