"""The networks and the loss of SAKD, written the way the method's code and SpikingJelly write them. Shared by the peer
scripts."""
import torch
import torch.nn.functional as F
from torch import nn

EXPANSION = 4


def over_time(layer, x):
    """Applies a layer without time to [T, N, ...] as one batch of T * N images."""
    y = layer(x.flatten(0, 1))
    return y.view(x.shape[:2] + y.shape[1:])


class Block(nn.Module):
    """A chain of conv-bn-neuron and the shortcut around it. The residual joins before the last neuron, or in a SEW block
    (`sew`) after it, where the shortcut's convolution has a neuron too."""

    def __init__(self, cin, width, stride, neuron, sew, bottleneck, dilations=(1, 1)):
        super().__init__()
        cout = width * EXPANSION if bottleneck else width
        first, second = dilations
        shapes = [(cin, width, 1, 1, 1), (width, width, 3, stride, first), (width, cout, 1, 1, 1)] if bottleneck else \
            [(cin, width, 3, stride, first), (width, cout, 3, 1, second)]
        self.convs = len(shapes)
        for i, (a, b, kernel, s, dilation) in enumerate(shapes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, kernel, s, dilation * (kernel // 2), dilation, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
            setattr(self, f"act{i}", neuron())
        self.downsample = None
        self.sew = sew
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
            if sew:
                self.downsample_act = neuron()

    def forward(self, x):
        identity = x
        if self.downsample is not None:
            identity = over_time(self.downsample, x)
            if self.sew:
                identity = self.downsample_act(identity)
        y = x
        for i in range(1, self.convs + 1):
            conv, bn, act = (getattr(self, f"{name}{i}") for name in ("conv", "bn", "act"))
            y = over_time(lambda z: bn(conv(z)), y)
            if i < self.convs:
                y = act(y)
            elif self.sew:
                y = act(y) + identity
            else:
                y = act(y + identity)
        return y


class ResNet(nn.Module):
    """[T, N, 3, H, W] -> (logits, [stage features]), both the mean over time. The teacher is this with ReLU and T = 1."""

    def __init__(self, neuron, widths=(64, 128, 256, 512), layers=(2, 2, 2, 2), classes=10, stem_width=None, sew=False,
                 bottleneck=False, imagenet=False, head=0, output_stride=32):
        super().__init__()
        cin = stem_width or widths[0]
        self.conv1 = nn.Conv2d(3, cin, 7, 2, 3, bias=False) if imagenet else nn.Conv2d(3, cin, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cin)
        self.act1 = neuron()
        self.pool = nn.MaxPool2d(3, 2, 1) if imagenet else None
        self.channels = []
        reached, dilation = 4 if imagenet else 1, 1
        for i, (width, blocks) in enumerate(zip(widths, layers)):
            stage, before, stride = [], dilation, 2 if i > 0 else 1
            if reached * stride > output_stride:  # as torchvision: dilation for stride
                dilation, stride = dilation * stride, 1
            reached *= stride
            for b in range(blocks):
                dilations = (before if b == 0 else dilation, dilation)
                stage.append(Block(cin, width, stride if b == 0 else 1, neuron, sew, bottleneck, dilations))
                cin = width * EXPANSION if bottleneck else width
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
            self.channels.append(cin)
        self.stages = len(widths)
        if head:
            self.fc1, self.fc_act, cin = nn.Linear(cin, head), neuron(), head
        self.head = head
        self.fc = nn.Linear(cin, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def of_stages(self, x):
        """What leaves each stage, [T, N, C, H, W]."""
        x = self.act1(over_time(lambda z: self.bn1(self.conv1(z)), x))
        if self.pool is not None:
            x = over_time(self.pool, x)
        out = []
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
            out.append(x)
        return out

    def forward(self, x):
        out = self.of_stages(x)
        x, features = out[-1], [f.mean(0) for f in out]
        if self.head:
            x = self.fc_act(over_time(lambda z: self.fc1(z.mean((2, 3))), x))
            return over_time(self.fc, x).mean(0), features
        return over_time(lambda z: self.fc(z.mean((2, 3))), x).mean(0), features


class Student(ResNet):
    """With the transforms of level 2, which only training needs."""

    def __init__(self, neuron, **net):
        super().__init__(neuron, **net)
        for i, w in enumerate(self.channels):
            setattr(self, f"transform{i + 1}", nn.Sequential(nn.Conv2d(w, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w)))

    def without_transforms(self):
        for i in range(self.stages):
            delattr(self, f"transform{i + 1}")


def calibrated_teacher(images, **net):
    """A teacher whose running statistics fit its random weights, so that its features keep an ordinary size. A SEW
    network's is the plain residual network with the same weights."""
    teacher = ResNet(nn.ReLU, **{**net, "sew": False}).to(images.device)
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
