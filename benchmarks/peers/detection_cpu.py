"""Times one whole training step of a RetinaNet by SAKD, or direct, in PyTorch on the CPU: a spiking ResNet-18 with
torchvision's pyramid and head as an ANN on the stages' means over time, anchors matched and losses computed as torchvision
does, all pictures of a batch at once. Prints one line of JSON."""
import argparse
import math

import torch
import torch.nn.functional as F
from torch import nn

import machine
import whole_step
from nets import ResNet

OBJECTS = 7


class RetinaNet(nn.Module):
    """[T, N, 3, H, W] -> (logits [N, A, K], deltas [N, A, 4], [stage features], [pyramid levels], [level sizes])."""

    def __init__(self, neuron, classes, channels, transforms=False):
        super().__init__()
        self.backbone = ResNet(neuron, classes=classes, imagenet=True)
        del self.backbone.fc
        c = self.backbone.channels
        self.inner = nn.ModuleList(nn.Conv2d(w, channels, 1) for w in c[1:])
        self.layer = nn.ModuleList(nn.Conv2d(channels, channels, 3, 1, 1) for _ in c[1:])
        self.p6, self.p7 = nn.Conv2d(channels, channels, 3, 2, 1), nn.Conv2d(channels, channels, 3, 2, 1)
        tower = lambda: nn.Sequential(*[m for _ in range(4) for m in (nn.Conv2d(channels, channels, 3, 1, 1), nn.ReLU())])
        self.cls, self.reg = tower(), tower()
        self.cls_logits = nn.Conv2d(channels, 9 * classes, 3, 1, 1)
        self.bbox_reg = nn.Conv2d(channels, 36, 3, 1, 1)
        for m in [*self.cls, *self.reg, self.cls_logits, self.bbox_reg]:
            if isinstance(m, nn.Conv2d):
                nn.init.normal_(m.weight, std=0.01)
                nn.init.zeros_(m.bias)
        nn.init.constant_(self.cls_logits.bias, -math.log(99))
        self.classes = classes
        if transforms:
            transform = lambda w: nn.Sequential(nn.Conv2d(w, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w))
            self.transforms = nn.ModuleList(map(transform, c))
            self.level_transforms = nn.ModuleList(transform(channels) for _ in range(5))

    def pyramid(self, stages):
        above, levels = None, []
        for i in reversed(range(len(stages))):
            y = self.inner[i](stages[i])
            if above is not None:
                y = y + F.interpolate(above, size=y.shape[-2:], mode="nearest")
            above = y
            levels.insert(0, self.layer[i](y))
        levels.append(self.p6(levels[-1]))
        levels.append(self.p7(F.relu(levels[-1])))
        return levels

    def forward(self, x):
        stages = [f.mean(0) for f in self.backbone.of_stages(x)]
        levels = self.pyramid(stages[1:])
        flat = lambda y, k: y.permute(0, 2, 3, 1).reshape(y.shape[0], -1, k)
        logits = torch.cat([flat(self.cls_logits(self.cls(p)), self.classes) for p in levels], 1).float()
        deltas = torch.cat([flat(self.bbox_reg(self.reg(p)), 4) for p in levels], 1).float()
        return logits, deltas, stages, levels


def anchors_of(size, levels):
    """[A, 4]: as torchvision's, which keeps them too."""
    boxes = []
    for p, scale in zip(levels, (32, 64, 128, 256, 512)):
        h, w = p.shape[-2:]
        sizes = torch.tensor([scale, int(scale * 2 ** (1 / 3)), int(scale * 2 ** (2 / 3))], dtype=torch.float32)
        r = torch.tensor([0.5, 1.0, 2.0]).sqrt()
        ws, hs = (1 / r[:, None] * sizes).view(-1), (r[:, None] * sizes).view(-1)
        base = (torch.stack([-ws, -hs, ws, hs], 1) / 2).round()
        ys, xs = torch.meshgrid(torch.arange(h) * (size // h), torch.arange(w) * (size // w), indexing="ij")
        shifts = torch.stack([xs, ys, xs, ys], -1).view(-1, 1, 4)
        boxes.append((shifts + base).view(-1, 4))
    return torch.cat(boxes)


def matched(anchors, boxes):
    """The object of each anchor, [A]: -1 for none, -2 for neither."""
    area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    inside = (torch.min(boxes[:, None, 2:], anchors[None, :, 2:]) - torch.max(boxes[:, None, :2], anchors[None, :, :2])).clamp(min=0).prod(2)
    iou = inside / (area(boxes)[:, None] + area(anchors)[None] - inside)
    value, index = iou.max(0)
    out = index.clone()
    out[value < 0.5] = -2
    out[value < 0.4] = -1
    kept = (iou == iou.max(1, keepdim=True).values).any(0)
    out[kept] = index[kept]
    return out


def loss_of(student, teacher, x, boxes, labels, anchors, a, cast):
    with cast():
        logits, deltas, stages, levels = student(x.unsqueeze(0).repeat(a.T, 1, 1, 1, 1))
        if teacher is not None:
            with torch.no_grad():
                q, goal, teacher_stages, teacher_levels = teacher(x.unsqueeze(0))
    focal = box = 0
    size, centre = anchors[:, 2:] - anchors[:, :2], (anchors[:, 2:] + anchors[:, :2]) / 2
    for n in range(len(boxes)):
        m = matched(anchors, boxes[n])
        has = m >= 0
        count = max(1, has.sum().item())
        target = torch.zeros_like(logits[n])
        target[has, labels[n][m[has]]] = 1
        counted = m != -2
        z, t = logits[n][counted], target[counted]
        p = torch.sigmoid(z)
        p_t = p * t + (1 - p) * (1 - t)
        alpha = 0.25 * t + 0.75 * (1 - t)
        focal = focal + (alpha * (1 - p_t) ** 2 * F.binary_cross_entropy_with_logits(z, t, reduction="none")).sum() / count
        g = boxes[n][m[has]]
        d = torch.cat([((g[:, 2:] + g[:, :2]) / 2 - centre[has]) / size[has], torch.log((g[:, 2:] - g[:, :2]) / size[has])], 1)
        box = box + F.l1_loss(deltas[n][has], d, reduction="sum") / count
    loss = (focal + box) / len(boxes)
    if teacher is None:
        return loss
    tau = a.temperature
    confidence = torch.sigmoid(q).amax(2)
    soft = torch.sigmoid(q / tau)
    entropy = F.binary_cross_entropy_with_logits(q / tau, soft, reduction="none")
    kd = (F.binary_cross_entropy_with_logits(logits / tau, soft, reduction="none") - entropy).sum(2)
    loss = loss + a.logit_weight * tau ** 2 * (confidence * kd).sum() / confidence.sum()
    sure = torch.where(confidence >= 0.05, confidence, 0)
    loss = loss + a.box_weight * (sure * (deltas - goal).abs().sum(2)).sum() / sure.sum().clamp(min=1e-12)
    with cast():
        mapped = [t(f).float() for t, f in zip(student.transforms, stages)]
        mapped_levels = [t(f).float() for t, f in zip(student.level_transforms, levels)]
    loss = loss + a.feature_weight * sum(F.mse_loss(s, t.float()) for s, t in zip(mapped, teacher_stages))
    standard = lambda t: F.batch_norm(t.float(), None, None, training=True)
    return loss + a.pyramid_weight * sum(F.mse_loss(s, standard(t)) for s, t in zip(mapped_levels, teacher_levels))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--classes", type=int, default=21)
    p.add_argument("--fpn-channels", type=int, default=256)
    p.add_argument("--box-weight", type=float, default=1.0)
    p.add_argument("--pyramid-weight", type=float, default=1.0)
    whole_step.add_options(p, batch=2, steps=5, lr=0.01)
    a = p.parse_args()
    where = machine.prepare(a)

    torch.manual_seed(0)
    x = torch.randn(a.batch, 3, a.size, a.size)
    low = torch.rand(a.batch, OBJECTS, 2) * (a.size // 2 - 16)
    boxes = torch.cat([low, low + 16 + torch.rand(a.batch, OBJECTS, 2) * (a.size // 2)], 2)
    labels = torch.randint(1, a.classes, (a.batch, OBJECTS))
    teacher = RetinaNet(nn.ReLU, a.classes, a.fpn_channels)
    for m in teacher.modules():  # Running statistics that fit random weights.
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 1.0
    with torch.no_grad():
        levels = teacher.train()(x.unsqueeze(0))[3]
    teacher = teacher.eval().requires_grad_(False)
    anchors = anchors_of(a.size, levels)
    student = RetinaNet(whole_step.neuron(a), a.classes, a.fpn_channels, transforms=a.method == "sakd")
    student.load_state_dict(teacher.state_dict(), strict=False)  # the method's weight transfer
    if a.method == "direct":
        teacher = None
    student.train()
    x, student, teacher = whole_step.laid_out(a, x, student, teacher)
    step_loss = whole_step.loss_function(a, loss_of)
    whole_step.measure(a, where, student, lambda cast: step_loss(student, teacher, x, boxes, labels, anchors, a, cast),
                       model="spiking-retinanet-resnet18", size=a.size)


if __name__ == "__main__":
    main()
