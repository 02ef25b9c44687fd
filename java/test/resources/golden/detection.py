"""Expected values of DetectionGoldenTest: one training step of torchvision's RetinaNet with a ResNet-18 body in float64.

Usage: detection.py FOLDER. Weights and pictures come from the formula of segmentation.py, which the test computes too; of
a tensor, its sum, its norm and evenly spaced entries are written. The pictures have two odd sizes and are padded as
torchvision pads them, but not resized.
"""
import pathlib, sys
import numpy as np
import torch
from torch import nn

from segmentation import row, uniform, watched  # Also finds torchvision.
from torchvision.models import resnet
from torchvision.models.detection import RetinaNet, _utils
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.retinanet import RetinaNetHead, _default_anchorgen
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

CLASSES = 4
SIZES = [(97, 131), (151, 85)]
BOXES = [
    [[10.5, 20.25, 60, 80], [30, 5, 125.5, 90], [70, 40, 90, 64], [1, 2, 12, 9]],
    [[3, 7.5, 80, 140], [40, 60, 62, 101.25]],
]
LABELS = [[1, 3, 2, 2], [3, 1]]


def network(body, classes, norm=nn.BatchNorm2d):
    net = getattr(resnet, body)(norm_layer=norm)
    width = net.inplanes // 8
    layers = {"layer2": "0", "layer3": "1", "layer4": "2"}
    fpn = BackboneWithFPN(net, layers, [2 * width, 4 * width, 8 * width], 256, LastLevelP6P7(256, 256))
    anchors = _default_anchorgen()
    head = RetinaNetHead(256, anchors.num_anchors_per_location()[0], classes)
    return RetinaNet(fpn, classes, anchor_generator=anchors, head=head)


def fill(model):
    """As segmentation.py's: norms and biases move what ReLUs read away from 0. Of the head's last layers the biases are
    torchvision's own."""
    for name, p in model.named_parameters():
        u = uniform(name, p.numel())
        if p.dim() > 1:
            u = (2 * u - 1) * np.sqrt((6 if "body" in name else 1) / p[0].numel())
        elif name.endswith("weight"):
            u = 0.5 * u + 0.5
        elif "cls_logits" in name:
            u = np.full_like(u, -np.log(99))
        elif "bbox_reg" in name:
            u = 0 * u
        else:
            u = np.where(u < 0.5, -0.5 - 2 * u, 2 * u - 0.5)
        p.data = torch.tensor(u.astype(np.float32), dtype=p.dtype).reshape(p.shape)


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    net, nearest = watched(network("resnet18", CLASSES).double())
    fill(net)
    net.train()
    pictures = [2 * uniform("picture%d" % i, 3 * h * w) - 1 for i, (h, w) in enumerate(SIZES)]
    pictures = [torch.tensor(p.astype(np.float32)).double().reshape(3, h, w) for p, (h, w) in zip(pictures, SIZES)]
    targets = [
        {"boxes": torch.tensor(b).double(), "labels": torch.tensor(l)} for b, l in zip(BOXES, LABELS)
    ]
    batch = net.transform.batch_images(pictures)
    features = list(net.backbone(batch).values())
    out = net.head(features)
    from torchvision.models.detection.image_list import ImageList
    anchors = net.anchor_generator(ImageList(batch, SIZES), features)
    # Matched as in float32, which decides which object an anchor belongs to.
    matched = [net.proposal_matcher(_iou(t["boxes"].float(), a.float())) for t, a in zip(targets, anchors)]
    losses = net.head.compute_loss(targets, out, anchors, matched)
    sum(losses.values()).backward()
    print("margin", min(nearest), {k: v.item() for k, v in losses.items()}, batch.shape)
    rows = ["loss %.9g %.9g" % (losses["classification"].item(), losses["bbox_regression"].item())]
    rows += [row("logits", out["cls_logits"], 64), row("deltas", out["bbox_regression"], 64)]
    rows += [row("P%d" % (i + 3), f.permute(0, 2, 3, 1)) for i, f in enumerate(features)]
    rows += [row(n, p.grad) for n, p in net.named_parameters()]
    rows += [row(n, b) for n, b in net.named_buffers() if "running" in n]
    (folder / "retinanet-resnet18.txt").write_text("\n".join(rows) + "\n")
    net = network("resnet50", 91)
    rows = [n + " " + "x".join(map(str, p.shape)) for n, p in net.state_dict().items() if p.dim() > 0]
    (folder / "retinanet_resnet50_fpn.txt").write_text("\n".join(rows) + "\n")
    for body, classes in (("resnet18", 91), ("resnet50", 4)):
        print(body, classes, sum(p.numel() for p in network(body, classes).parameters()))


def _iou(boxes, anchors):
    from torchvision.ops.boxes import box_iou
    return box_iou(boxes, anchors)


if __name__ == "__main__":
    main(sys.argv[1])
