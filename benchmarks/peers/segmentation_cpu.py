"""Times one whole training step of an FCN for segmentation by SAKD, or direct, in PyTorch on the CPU: a spiking ResNet-18
with torchvision's head and auxiliary head, neurons for ReLU, written the way the method's code writes its networks. Prints
one line of JSON."""
import argparse

import torch
import torch.nn.functional as F
from torch import nn

import machine
import whole_step
from nets import ResNet, kd_loss, over_time

IGNORED = 255
AUXILIARY = 0.5


class Head(nn.Module):
    """torchvision's FCNHead, the mean over time taken where all that follows is linear."""

    def __init__(self, cin, classes, neuron):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(cin, cin // 4, 3, padding=1, bias=False), nn.BatchNorm2d(cin // 4)
        self.act, self.dropout = neuron(), nn.Dropout(0.1)
        self.last = nn.Conv2d(cin // 4, classes, 1)

    def forward(self, x, size):
        y = self.act(over_time(lambda z: self.bn(self.conv(z)), x))
        y = over_time(lambda z: self.last(self.dropout(z)), y).mean(0)
        return F.interpolate(y.float(), size=size, mode="bilinear", align_corners=False)


class Fcn(nn.Module):
    """[T, N, 3, H, W] -> (logits, auxiliary logits, [stage features]), all the mean over time."""

    def __init__(self, neuron, classes, output_stride, transforms=False):
        super().__init__()
        self.backbone = ResNet(neuron, classes=classes, imagenet=True, output_stride=output_stride)
        del self.backbone.fc
        c = self.backbone.channels
        self.classifier, self.aux_classifier = Head(c[-1], classes, neuron), Head(c[-2], classes, neuron)
        if transforms:
            self.transforms = nn.ModuleList(
                nn.Sequential(nn.Conv2d(w, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w)) for w in c)

    def forward(self, x):
        out = self.backbone.of_stages(x)
        size = x.shape[-2:]
        return self.classifier(out[-1], size), self.aux_classifier(out[-2], size), [f.mean(0) for f in out]


def calibrated_teacher(images, classes, output_stride):
    """A teacher whose running statistics fit its random weights."""
    teacher = Fcn(nn.ReLU, classes, output_stride)
    for m in teacher.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 1.0
    with torch.no_grad():
        teacher.train()(images.unsqueeze(0))
    return teacher.eval().requires_grad_(False)


def loss_of(student, teacher, x, y, a, cast):
    with cast():
        logits, auxiliary, features = student(x.unsqueeze(0).repeat(a.T, 1, 1, 1, 1))
        if teacher is not None:
            with torch.no_grad():
                teacher_logits, _, teacher_features = teacher(x.unsqueeze(0))
            features = [t(f) for t, f in zip(student.transforms, features)]
    loss = F.cross_entropy(logits, y, ignore_index=IGNORED) + AUXILIARY * F.cross_entropy(auxiliary, y, ignore_index=IGNORED)
    if teacher is None:
        return loss
    pixels = lambda z: z.permute(0, 2, 3, 1).flatten(0, 2)
    loss = loss + a.logit_weight * kd_loss(pixels(logits), pixels(teacher_logits), a.temperature)
    return loss + a.feature_weight * sum(F.mse_loss(s.float(), t.float()) for s, t in zip(features, teacher_features))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--size", type=int, default=128)
    p.add_argument("--classes", type=int, default=21)
    p.add_argument("--output-stride", type=int, choices=[8, 16, 32], default=8)
    whole_step.add_options(p, batch=4, steps=5, lr=0.01)
    a = p.parse_args()
    where = machine.prepare(a)

    torch.manual_seed(0)
    x = torch.randn(a.batch, 3, a.size, a.size)
    y = torch.randint(a.classes, (a.batch, a.size, a.size))
    teacher = calibrated_teacher(x, a.classes, a.output_stride)
    student = Fcn(whole_step.neuron(a), a.classes, a.output_stride, transforms=a.method == "sakd")
    student.load_state_dict(teacher.state_dict(), strict=False)  # the method's weight transfer
    if a.method == "direct":
        teacher = None
    student.train()
    x, student, teacher = whole_step.laid_out(a, x, student, teacher)
    step_loss = whole_step.loss_function(a, loss_of)
    whole_step.measure(a, where, student, lambda cast: step_loss(student, teacher, x, y, a, cast),
                       model="spiking-fcn-resnet18", size=a.size, output_stride=a.output_stride)


if __name__ == "__main__":
    main()
