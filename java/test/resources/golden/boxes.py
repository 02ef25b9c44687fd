"""Makes boxes.safetensors: torchvision's anchors, matches and losses of RetinaNet.

    python3 java/test/resources/golden/boxes.py

Made with torchvision 0.28, PyTorch 2.13 and safetensors. Anchors and matches are float32, losses
and gradients float64 from float32 inputs. What a teacher adds, which torchvision does not have, is
written out with PyTorch's divergence of Bernoulli distributions.
"""

import os

import torch
from safetensors.torch import save_file
from torch.distributions import Bernoulli, kl_divergence
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import (
    RetinaNetClassificationHead,
    RetinaNetRegressionHead,
    _default_anchorgen,
)
from torchvision.models.detection._utils import Matcher
from torchvision.ops.boxes import box_iou

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES, HEIGHT, WIDTH, CLASSES, OBJECTS = 3, 128, 160, 5, 6
MAPS = ((4, 5), (2, 3), (1, 2))
THRESHOLD, TEMPERATURE, WEIGHT, KD_WEIGHT = 0.7, 2.0, 0.5, 3.0


def random_boxes(labels):
    corner = torch.rand(*labels.shape, 2) * torch.tensor([100.0, 70.0])
    size = 8 + 110 * torch.rand(*labels.shape, 2)
    return torch.cat([corner, corner + size], -1) * (labels > 0)[..., None]


def main():
    torch.manual_seed(0)
    sizes = _default_anchorgen().sizes[:3]
    generator = AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes))
    images = ImageList(torch.zeros(PICTURES, 3, HEIGHT, WIDTH), [(HEIGHT, WIDTH)] * PICTURES)
    anchors = generator(images, [torch.zeros(PICTURES, 1, h, w) for h, w in MAPS])

    labels = torch.randint(1, CLASSES, (PICTURES, OBJECTS))
    labels[1] = 0  # A picture without objects.
    labels[2, 2:4] = 0  # Objects need not stand in front.
    boxes = random_boxes(labels)
    boxes[0, 1] = boxes[0, 0]  # Equal IoU with every anchor.
    boxes[0, 2] = torch.tensor([64.0, 64.0, 66.0, 67.0])  # Inside many an anchor of one size.
    matcher = Matcher(0.5, 0.4, allow_low_quality_matches=True)
    matched, targets, kept = [], [], []
    for n in range(PICTURES):
        own = labels[n] > 0
        targets.append(dict(boxes=boxes[n][own].double(), labels=labels[n][own]))
        kept.append(own.nonzero()[:, 0])
        if own.any():
            matched.append(matcher(box_iou(boxes[n][own], anchors[n])))
        else:
            matched.append(torch.full((len(anchors[n]),), -1, dtype=torch.int64))

    shape = PICTURES, len(anchors[0])
    logits = (torch.randn(*shape, CLASSES) * 2 - 1).double().requires_grad_()
    deltas = torch.randn(*shape, 4).double().requires_grad_()
    teacher_logits = (torch.randn(*shape, CLASSES) * 2 - 1).double()
    teacher_deltas = torch.randn(*shape, 4).double()
    confidence = teacher_logits.sigmoid().amax(-1)
    sure = confidence * (confidence >= THRESHOLD)

    heads = RetinaNetClassificationHead(8, 9, CLASSES), RetinaNetRegressionHead(8, 9)
    doubles = [a.double() for a in anchors]
    focal = heads[0].compute_loss(targets, dict(cls_logits=logits), matched)
    l1 = heads[1].compute_loss(targets, dict(bbox_regression=deltas), doubles, matched)
    yes = [Bernoulli(logits=z / TEMPERATURE) for z in (teacher_logits, logits)]
    kl = TEMPERATURE**2 * (confidence[..., None] * kl_divergence(*yes)).sum() / confidence.sum()
    distance = (sure[..., None] * (deltas - teacher_deltas).abs()).sum() / sure.sum()
    (WEIGHT * focal + KD_WEIGHT * kl + WEIGHT * l1 + KD_WEIGHT * distance).backward()

    numbers = []  # In the list with those that are no objects.
    for m, own in zip(matched, kept):
        numbers.append(torch.where(m >= 0, own[m.clamp(min=0)], m) if len(own) else m)
    every = dict(
        anchors=anchors[0],
        boxes=boxes,
        labels=labels.float(),
        matched=torch.stack(numbers).float(),
        logits=logits,
        deltas=deltas,
        teacher_logits=teacher_logits,
        teacher_deltas=teacher_deltas,
        confidence=confidence,
        sums=torch.stack([confidence.sum(), sure.sum()]),
        losses=torch.stack([focal, kl, l1, distance]),
        grad_logits=logits.grad,
        grad_deltas=deltas.grad,
    )
    double = "losses", "sums"
    save_file(
        {k: (v if k in double else v.float()).detach().contiguous() for k, v in every.items()},
        os.path.join(HERE, "boxes.safetensors"),
    )
    for n in range(PICTURES):
        print([int((matched[n] == v).sum()) for v in (-1, -2)], int((matched[n] >= 0).sum()))


main()
