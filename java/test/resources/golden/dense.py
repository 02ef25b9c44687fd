"""Makes dense.safetensors with PyTorch: resized pictures, losses of pixels and dilated
convolutions, with gradients.

    python3 java/test/resources/golden/dense.py

Made with PyTorch 2.13. Inputs are float32 numbers; resizing is done in float32, as which pixels it reads
is a matter of float32, losses in float64. Pictures and logits are kept with channels last.
"""

import json
import os
import struct

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))

# mode, pictures, height, width, channels, output height, output width
SHAPES = [
    (2, 5, 7, 3, 13, 4),
    (1, 3, 4, 2, 24, 25),
    (1, 17, 9, 2, 5, 4),
    (2, 1, 1, 3, 6, 5),
    (1, 6, 6, 1, 6, 6),
    (1, 2, 3, 1, 98, 5),
]
# pictures, height, width, classes, ce weight, kl weight, temperature, smoothing
LOSSES = [
    (2, 5, 7, 4, 1.0, 0.0, 1.0, 0.0),
    (1, 3, 11, 21, 0.5, 2.0, 4.0, 0.0),
    (2, 4, 4, 2, 1.0, 1.0, 1.0, 0.125),
    (1, 6, 3, 150, 0.0, 1.0, 2.0, 0.0),
]
# pictures, height, width, in, out, kernel, stride, padding, dilation
CONVS = [
    (2, 9, 7, 3, 4, 3, 1, 2, 2),
    (1, 11, 10, 16, 5, 3, 2, 4, 4),
    (2, 8, 9, 2, 3, 5, 1, 3, 3),
    (1, 6, 5, 16, 3, 3, 1, 12, 12),
]


def last(t):
    return t.detach().permute(0, 2, 3, 1).contiguous()


def main():
    torch.manual_seed(1)
    tensors, configs = {}, []
    for mode in ("bilinear", "nearest"):
        for m, h, w, c, oh, ow in SHAPES:
            x = torch.randn(m, c, h, w, requires_grad=True)
            align = False if mode == "bilinear" else None
            y = F.interpolate(x, size=(oh, ow), mode=mode, align_corners=align)
            grad = torch.randn_like(y)
            y.backward(grad)
            i = len(configs)
            for name, t in (("x", x), ("y", y), ("grad_y", grad), ("grad_x", x.grad)):
                tensors[f"{i}.{name}"] = last(t)
            shape = dict(m=m, h=h, w=w, c=c, oh=oh, ow=ow)
            configs.append(dict(kind=mode.upper(), **shape))
    for m, h, w, k, ce_weight, kl_weight, t, smoothing in LOSSES:
        z = torch.randn(m, k, h, w).mul(3).double().requires_grad_()
        q = torch.randn(m, k, h, w).mul(3).double()
        y = torch.randint(0, k, (m, h, w))
        y[torch.rand(m, h, w) < 0.3] = 255
        ce = F.cross_entropy(z, y, ignore_index=255, label_smoothing=smoothing)
        of_pixels = F.kl_div((z / t).log_softmax(1), (q / t).log_softmax(1), reduction="none", log_target=True)
        kl = t * t * of_pixels.sum(1)[y != 255].mean()
        (ce_weight * ce + kl_weight * kl).backward()
        i = len(configs)
        for name, value in (("z", z.float()), ("q", q.float()), ("grad", z.grad)):
            tensors[f"{i}.{name}"] = last(value)
        tensors[f"{i}.labels"] = y.double()
        tensors[f"{i}.losses"] = torch.stack((ce, kl)).detach()
        hits = ((z.argmax(1) == y) & (y != 255)).sum().item()
        weights = dict(ce=ce_weight, kl=kl_weight, t=t, smoothing=smoothing)
        configs.append(dict(kind="LOSS", m=m, h=h, w=w, c=k, hits=hits, **weights))
    for m, h, w, c, k, size, stride, pad, dilation in CONVS:
        x = torch.randn(m, c, h, w, requires_grad=True)
        weight = torch.randn(k, c, size, size, requires_grad=True)
        y = F.conv2d(x.double(), weight.double(), stride=stride, padding=pad, dilation=dilation)
        grad = torch.randn(y.shape)
        y.backward(grad.double())
        i = len(configs)
        named = dict(x=x, w=weight, y=y.float(), grad_y=grad, grad_x=x.grad, grad_w=weight.grad)
        for name, t in named.items():
            tensors[f"{i}.{name}"] = last(t)
        shape = dict(m=m, h=h, w=w, c=c, k=k, size=size, stride=stride, pad=pad, dilation=dilation)
        configs.append(dict(kind="CONV", **shape))

    header, data = {"__metadata__": {"configs": json.dumps(configs)}}, b""
    for name, t in tensors.items():
        values = t.flatten().tolist()
        single = t.dtype == torch.float32
        begin = len(data)
        data += struct.pack("<%d%s" % (len(values), "f" if single else "d"), *values)
        header[name] = {
            "dtype": "F32" if single else "F64",
            "shape": list(t.shape),
            "data_offsets": [begin, len(data)],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, "dense.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


main()
