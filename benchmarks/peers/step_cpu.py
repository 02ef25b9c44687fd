"""Times one whole training step of SAKD, or of direct training, in PyTorch on the CPU: spiking ResNet-18 for 32x32
images, written the way the method's code and SpikingJelly write it. Prints one line of JSON."""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

import machine
from lif import LIF, reset_net

WIDTHS, LAYERS, CLASSES = (64, 128, 256, 512), (2, 2, 2, 2), 10


def over_time(layer, x):
    """Applies a layer without time to [T, N, ...] as one batch of T * N images."""
    y = layer(x.flatten(0, 1))
    return y.view(x.shape[:2] + y.shape[1:])


class BasicBlock(nn.Module):
    def __init__(self, cin, cout, stride, neuron):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.act1 = neuron()
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.act2 = neuron()
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.act1(over_time(lambda z: self.bn1(self.conv1(z)), x))
        y = over_time(lambda z: self.bn2(self.conv2(z)), y)
        return self.act2(y + (x if self.downsample is None else over_time(self.downsample, x)))


class ResNet(nn.Module):
    """[T, N, 3, H, W] -> (logits, [stage features]), both the mean over time. The teacher is this with ReLU and T = 1."""

    def __init__(self, neuron, widths=WIDTHS, layers=LAYERS, classes=CLASSES):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.act1 = neuron()
        cin = widths[0]
        for i, (width, blocks) in enumerate(zip(widths, layers)):
            stage = []
            for b in range(blocks):
                stage.append(BasicBlock(cin, width, 2 if i > 0 and b == 0 else 1, neuron))
                cin = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
        self.stages = len(widths)
        self.fc = nn.Linear(cin, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.act1(over_time(lambda z: self.bn1(self.conv1(z)), x))
        features = []
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
            features.append(x.mean(0))
        return over_time(lambda z: self.fc(z.mean((2, 3))), x).mean(0), features


class Student(ResNet):
    def __init__(self, widths=WIDTHS, layers=LAYERS, classes=CLASSES):
        super().__init__(LIF, widths, layers, classes)
        for i, w in enumerate(widths):
            setattr(self, f"transform{i + 1}", nn.Sequential(nn.Conv2d(w, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w)))


def calibrated_teacher(images):
    """A teacher whose running statistics fit its random weights, so that its features keep an ordinary size."""
    teacher = ResNet(nn.ReLU)
    for m in teacher.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 1.0
    with torch.no_grad():
        teacher.train()(images.unsqueeze(0))
    return teacher.eval().requires_grad_(False)


def kd_loss(logits, teacher_logits, temperature):
    return temperature ** 2 * F.kl_div(F.log_softmax(logits / temperature, 1), F.softmax(teacher_logits / temperature, 1),
                                       reduction="batchmean")


def loss_of(student, teacher, x, y, T, a, cast):
    """Total loss of one batch of images [N, 3, H, W]; `teacher` None means direct training."""
    with cast():
        logits, features = student(x.unsqueeze(0).repeat(T, 1, 1, 1, 1))
        if teacher is None:
            return F.cross_entropy(logits.float(), y)
        with torch.no_grad():
            teacher_logits, teacher_features = teacher(x.unsqueeze(0))
        features = [getattr(student, f"transform{i + 1}")(f) for i, f in enumerate(features)]
    loss = F.cross_entropy(logits.float(), y)
    loss = loss + a.logit_weight * kd_loss(logits.float(), teacher_logits.float(), a.temperature)
    return loss + a.feature_weight * sum(F.mse_loss(s.float(), t.float()) for s, t in zip(features, teacher_features))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--T", type=int, default=4)
    p.add_argument("--steps", type=int, default=10)
    p.add_argument("--warmup", type=int, default=2)
    p.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32", help="bfloat16: under autocast")
    p.add_argument("--method", choices=["sakd", "direct"], default="sakd")
    p.add_argument("--lr", type=float, default=0.1)
    p.add_argument("--logit-weight", type=float, default=1.0)
    p.add_argument("--temperature", type=float, default=4.0)
    p.add_argument("--feature-weight", type=float, default=100.0)
    machine.add_options(p)
    a = p.parse_args()
    where = machine.prepare(a)

    torch.manual_seed(0)
    x, y = torch.randn(a.batch, 3, 32, 32), torch.randint(CLASSES, (a.batch,))
    teacher = calibrated_teacher(x)
    student = Student()
    student.load_state_dict(teacher.state_dict(), strict=False)  # the method's weight transfer
    if a.method == "direct":
        teacher = None
        for i in range(student.stages):
            delattr(student, f"transform{i + 1}")
    student.train()
    optimizer = torch.optim.SGD(student.parameters(), lr=a.lr, momentum=0.9, nesterov=True, weight_decay=5e-4)
    cast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.dtype == "bfloat16")

    times, losses = [], []
    for _ in range(a.warmup + a.steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(student, teacher, x, y, a.T, a, cast)
        loss.backward()
        optimizer.step()
        reset_net(student)
        times.append(time.perf_counter() - start)
        losses.append(loss.item())
        assert torch.isfinite(loss), f"loss is {losses}"
    step = statistics.median(times[a.warmup:])
    print(json.dumps({"peer": f"pytorch {torch.__version__}", "step_s": round(step, 4),
                      "images_per_s": round(a.batch / step, 3), "method": a.method, "dtype": a.dtype, "T": a.T,
                      "batch": a.batch, "steps": a.steps, "step_s_min": round(min(times[a.warmup:]), 4),
                      "step_s_max": round(max(times[a.warmup:]), 4), **where,
                      "loss_first": round(losses[0], 4), "loss_last": round(losses[-1], 4)}))


if __name__ == "__main__":
    main()
