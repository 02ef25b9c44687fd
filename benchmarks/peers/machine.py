"""What every peer script sets on the machine before it measures, and says in its result line."""
import ctypes
import os
import re

import torch

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h of glibc


def add_options(parser):
    parser.add_argument("--threads", type=int, default=0, help="0: every core")
    parser.add_argument("--malloc", choices=["reuse", "default"], default="reuse",
                        help="reuse: freed memory is kept for the next tensor; default: glibc maps each large tensor anew")


def prepare(a):
    """Call before the first large tensor."""
    torch.set_num_threads(a.threads or len(os.sched_getaffinity(0)))
    if a.malloc == "reuse":
        libc = ctypes.CDLL(None)
        assert libc.mallopt(M_MMAP_MAX, 0) == 1 and libc.mallopt(M_TRIM_THRESHOLD, -1) == 1
    capability = re.search(r"CPU capability usage: (\S+)", torch.__config__.show())
    return {"threads": torch.get_num_threads(), "malloc": a.malloc,
            "cpu_capability": capability.group(1) if capability else "unknown"}
