"""Expected values of SegmentationGoldenTest: one training step of torchvision's segmentation networks in float64.

Usage: segmentation.py FOLDER. Weights, pictures and labels come from the formula of `uniform`, which the test computes too;
of a tensor, its sum, its norm and evenly spaced entries are written. Dropout is off, as its mask is drawn otherwise here.
"""
import pathlib, sys
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Where torchvision's compiled operations do not fit this PyTorch, its networks, which need none of them, can still be had.
try:
    import torchvision
except RuntimeError:
    import importlib.util, re
    library = torch.library.Library("torchvision", "DEF")
    for name in [m for m in sys.modules if m.startswith("torchvision")]:
        del sys.modules[name]
    source = pathlib.Path(importlib.util.find_spec("torch").origin).parents[1] / "torchvision/_meta_registrations.py"
    for op in sorted(set(re.findall(r'(?:register_meta|register_fake)\("(?:torchvision::)?(\w+)"\)', source.read_text()))):
        library.define(op + "(Tensor a) -> Tensor")
    import torchvision
from torchvision.models import resnet
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation import deeplabv3, fcn

CLASSES, SAMPLES, SHOWN = 5, 3, 8
SIZES = {"resnet18": (33, 47), "resnet50": (25, 35)}


def uniform(name, n):
    """n numbers in [0, 1): a hash of the index, begun at FNV-1a of the name."""
    seed = 2166136261
    for c in name.encode():
        seed = (seed ^ c) * 16777619 & 0xFFFFFFFF
    x = (np.arange(n, dtype=np.uint64) * 2654435761 + seed) & 0xFFFFFFFF
    x = ((x ^ x >> 16) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ x >> 15) * 0x846CA68B) & 0xFFFFFFFF
    return (x ^ x >> 16) / 2.0**32


def fill(model):
    """Norms move what neurons read away from 0, where gradients jump and rounding decides: fewer are near it."""
    for name, p in model.named_parameters():
        u = uniform(name, p.numel())
        if p.dim() > 1:
            u = (2 * u - 1) * np.sqrt(6 / p[0].numel())
        elif name.endswith("weight"):
            u = 0.5 * u + 0.5
        else:
            u = np.where(u < 0.5, -0.5 - 2 * u, 2 * u - 0.5)
        p.data = torch.tensor(u.astype(np.float32), dtype=p.dtype).reshape(p.shape)


class DilatedBasicBlock(resnet.BasicBlock):
    """torchvision's refuses dilation. Here the first convolution has it as Bottleneck's only one; the second sees maps
    of this stage, so its windows have this stage's gaps: twice those before in the block whose stride they replace."""

    def __init__(self, inplanes, planes, stride=1, downsample=None, groups=1, base_width=64, dilation=1, norm_layer=None):
        super().__init__(inplanes, planes, stride, downsample, groups, base_width, 1, norm_layer)
        second = 2 * dilation if downsample is not None and stride == 1 and inplanes != planes else dilation
        self.conv1 = resnet.conv3x3(inplanes, planes, stride, dilation=dilation)
        self.conv2 = resnet.conv3x3(planes, planes, dilation=second)


def network(head, body, output_stride, classes):
    dilate = [False, output_stride <= 8, output_stride <= 16]
    if body == "resnet18":
        net = resnet.ResNet(DilatedBasicBlock if dilate[2] else resnet.BasicBlock, [2, 2, 2, 2], replace_stride_with_dilation=dilate)
    else:
        net = resnet.resnet50(replace_stride_with_dilation=dilate)
    channels = net.fc.in_features
    body = IntermediateLayerGetter(net, {"layer4": "out", "layer3": "aux"})
    aux = fcn.FCNHead(channels // 2, classes)
    if head == "fcn":
        return fcn.FCN(body, fcn.FCNHead(channels, classes), aux)
    return deeplabv3.DeepLabV3(body, deeplabv3.DeepLabHead(channels, classes), aux)


def row(name, t, shown=SHOWN):
    v = t.detach().double().reshape(-1)
    at = [k * (v.numel() - 1) // (shown - 1) for k in range(shown)]
    return " ".join([name] + ["%.9g" % x for x in [v.sum(), v.norm()] + [v[i] for i in at]])


def step(net, dtype, size, pictures):
    height, width = size
    net = net.to(dtype)
    fill(net)
    net.train()
    for m in net.modules():
        if isinstance(m, nn.Dropout):
            m.p = 0.0
    # Brighter one after another: the pooled branch divides by how much their means differ.
    images = 2 * uniform(pictures, SAMPLES * 3 * height * width) - 1
    images = images.reshape(SAMPLES, 3, height, width) + np.arange(SAMPLES).reshape(-1, 1, 1, 1) - 1
    images = torch.tensor(images.astype(np.float32), dtype=dtype)
    labels = np.floor(uniform("labels", SAMPLES * height * width) * (CLASSES + 1)).astype(np.int64)
    labels[labels == CLASSES] = 255
    labels = torch.tensor(labels).reshape(SAMPLES, height, width)
    out = net(images)
    losses = [F.cross_entropy(out[k], labels, ignore_index=255) for k in ("out", "aux")]
    (losses[0] + 0.5 * losses[1]).backward()
    return out, losses, net


CASES = [
    ("fcn", "resnet18", 32),
    ("fcn", "resnet18", 8),
    ("fcn", "resnet50", 8),
    ("deeplabv3", "resnet18", 16),
    ("deeplabv3", "resnet50", 8),
]
# Of some that were tried, those with which no ReLU reads what rounding could bring across 0.
PICTURES = {"resnet18": "images13", "resnet50": "images4"}


def watched(net):
    """The network, and a list that gets how near to 0, where gradients jump, the inputs of each ReLU come."""
    nearest = []
    for m in net.modules():
        if isinstance(m, nn.ReLU):
            m.register_forward_pre_hook(lambda m, x: nearest.append(x[0].abs().min().item()))
    return net, nearest


def main(folder):
    for case in CASES:
        head, body, stride = case
        net, nearest = watched(network(head, body, stride, CLASSES))
        out, losses, net = step(net, torch.float64, SIZES[body], PICTURES[body])
        print(case, "margin", min(nearest))
        rows = ["loss %.9g %.9g" % tuple(l.item() for l in losses)]
        rows += [row("logits", out["out"], 64), row("auxiliary", out["aux"], 64)]
        rows += [row(n, p.grad) for n, p in net.named_parameters()]
        rows += [row(n, b) for n, b in net.named_buffers() if "running" in n]
        path = pathlib.Path(folder) / f"{head}-{body}-{stride}.txt"
        path.write_text("\n".join(rows) + "\n")
    for head in ("fcn", "deeplabv3"):
        net = network(head, "resnet50", 8, 21)
        rows = [n + " " + "x".join(map(str, p.shape)) for n, p in net.state_dict().items() if p.dim() > 0]
        (pathlib.Path(folder) / f"{head}_resnet50.txt").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
