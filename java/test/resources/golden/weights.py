"""Makes weights.pth and weights-legacy.pth: one checkpoint in both formats of torch.save.

    python3 java/test/resources/golden/weights.py

Made with PyTorch 1.13. Tensors share storages, lie in them in every way, and are of every type;
beside them stands what training scripts add. PthTest knows their values.
"""

import argparse
import collections
import os

import torch

HERE = os.path.dirname(os.path.abspath(__file__))

base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8 - 1
state = collections.OrderedDict()
state["module.base"] = base
state["module.transposed"] = base.t()
state["module.window"] = base[1:3, 2:5]
state["module.rows"] = base[2:]
state["module.parameter"] = torch.nn.Parameter(torch.tensor([[0.5, -0.25]]))
state["module.empty"] = torch.zeros(0, 3)
for name in ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8"):
    state["module." + name] = torch.tensor([1, -2, 3]).to(getattr(torch, name))
state["module.uint8"] = torch.tensor([1, 200], dtype=torch.uint8)
state["module.bool"] = torch.tensor([True, False])
state["module.scalar"] = torch.tensor(7)
checkpoint = {
    "epoch": 3,
    "best": 91.73,
    "big": 2**70,
    "none": None,
    "args": argparse.Namespace(lr=0.1, model="x"),
    "optimizer": {"state": {0: {"buffer": torch.zeros(5)}}, "param_groups": [{"params": [0]}]},
    "state_dict": state,
}
torch.save(checkpoint, os.path.join(HERE, "weights.pth"))
torch.save(
    checkpoint,
    os.path.join(HERE, "weights-legacy.pth"),
    _use_new_zipfile_serialization=False,
)
