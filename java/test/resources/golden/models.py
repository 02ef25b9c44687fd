"""Makes models.safetensors (logits) and ../models/*.txt (names and shapes) with PyTorch and torchvision.

    python3 java/test/resources/golden/models.py

Made with PyTorch 1.13 and torchvision 0.14 (Debian's python3-torch and python3-torchvision). Weights
and images are a function of a tensor's name and an element's index (`values`), which ModelsGoldenTest
computes too, so that logits alone are kept. Everything is float64.
"""

import json
import os
import struct
import zlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = 10
BATCH = 2


def uniform(name, count):
    """SplitMix64 from the CRC-32 of the name: 24 bits each, in [0, 1)."""
    with np.errstate(over="ignore"):
        z = np.uint64(zlib.crc32(name.encode())) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def values(name, shape):
    u = uniform(name, int(np.prod(shape)))
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        v = 0.5 + u
    elif len(shape) > 1 and name != "images":
        v = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    else:
        v = 2 * u - 1
    return torch.from_numpy(v.astype(np.float32).astype(np.float64).reshape(shape))


def fill(model):
    state = model.state_dict()
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(values(name, tuple(tensor.shape)))
    return model


class Block(nn.Module):
    """He et al. 2015: two 3x3; shortcut A or B."""

    def __init__(self, cin, cout, stride, option):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.pad = None
        self.downsample = nn.Sequential()
        if stride != 1 or cin != cout:
            if option == "A":
                self.pad = (cout - cin) // 2
            else:
                self.downsample = nn.Sequential(
                    nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout)
                )

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad is not None:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + self.downsample(x))


class Small(nn.Module):
    """Three stages and a 3x3 stem; with `hidden`, two linear layers."""

    def __init__(self, blocks, widths, option, hidden=0):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        cin = widths[0]
        for s, (n, width) in enumerate(zip(blocks, widths)):
            stage = []
            for b in range(n):
                stage.append(Block(cin, width, 2 if s > 0 and b == 0 else 1, option))
                cin = width
            setattr(self, f"layer{s + 1}", nn.Sequential(*stage))
        if hidden:
            self.fc1 = nn.Linear(cin, hidden)
            self.fc2 = nn.Linear(hidden, CLASSES)
        else:
            self.fc = nn.Linear(cin, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x))).mean((2, 3))
        return self.fc2(F.relu(self.fc1(x))) if hasattr(self, "fc2") else self.fc(x)


class VggCifar(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.features = features
        self.classifier = nn.Linear(512, CLASSES)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Vgg9(nn.Module):
    """VGGSNN of Deng et al. 2022 (Temporal Efficient Training) with ReLU, for 48x48; numbered as torchvision does."""

    def __init__(self):
        super().__init__()
        layers, cin = [], 3
        for stage in ((64, 128), (256, 256), (512, 512), (512, 512)):
            for width in stage:
                layers += [nn.Conv2d(cin, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU()]
                cin = width
            layers.append(nn.AvgPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(512 * 3 * 3, CLASSES)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def resnet(name, stem):
    model = getattr(torchvision.models, name)(num_classes=CLASSES)
    if stem == "cifar":
        model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        model.maxpool = nn.Identity()
    return model


def narrow_vgg():
    """vgg11_bn of an eighth of the widths, with its head, for images of 224x224."""
    cfg = [8, "M", 16, "M", 32, 32, "M", 64, 64, "M", 64, 64, "M"]
    model = torchvision.models.vgg11_bn(num_classes=CLASSES)
    model.features = torchvision.models.vgg.make_layers(cfg, batch_norm=True)
    model.classifier[0] = nn.Linear(64 * 49, 96)
    model.classifier[3] = nn.Linear(96, 96)
    model.classifier[6] = nn.Linear(96, CLASSES)
    return model


def main():
    depths = ("18", "34", "50", "101", "152")
    cases = {f"resnet{d}-imagenet-64": (resnet("resnet" + d, "imagenet"), 64) for d in depths}
    for d in ("18", "50"):
        cases[f"resnet{d}-cifar-32"] = (resnet("resnet" + d, "cifar"), 32)
    for d in (20, 32, 44, 56):
        n = (d - 2) // 6
        for option in "AB":
            cases[f"resnet{d}-{option}-32"] = (Small((n, n, n), (16, 32, 64), option), 32)
    cases["resnet8-B-28"] = (Small((1, 1, 1), (16, 32, 64), "B"), 28)
    cases["resnet19-B-32"] = (Small((3, 3, 2), (128, 256, 512), "B", hidden=256), 32)
    for d in ("11", "13", "16"):
        features = getattr(torchvision.models, f"vgg{d}_bn")(num_classes=CLASSES).features
        cases[f"vgg{d}-cifar-32"] = (VggCifar(features), 32)
    cases["vgg-imagenet-224"] = (narrow_vgg(), 224)
    cases["vgg9-cifar-48"] = (Vgg9(), 48)

    header, data = {}, b""
    for name, (model, size) in cases.items():
        model = fill(model.double().eval())
        with torch.no_grad():
            logits = model(values("images", (BATCH, 3, size, size)))
        print(name, "largest logit", float(logits.abs().max()))
        begin = len(data)
        data += logits.numpy().tobytes()
        header[name] = {"dtype": "F64", "shape": list(logits.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, "models.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)

    for name in ["resnet" + d for d in depths] + ["vgg11_bn", "vgg13_bn", "vgg16_bn"]:
        with open(os.path.join(HERE, "..", "models", name + ".txt"), "w") as file:
            for key, tensor in getattr(torchvision.models, name)().state_dict().items():
                if not key.endswith("num_batches_tracked"):
                    file.write(key + " " + "x".join(map(str, tensor.shape)) + "\n")


main()
