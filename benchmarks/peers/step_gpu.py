"""Times whole training steps of SAKD and of direct training in PyTorch and SpikingJelly on a GPU, and adds a row for each
way of running them to the table of `sakd bench`: 16-bit autocast, both memory layouts, torch.compile."""
import math
import sys

import torch

import gpu
from nets import Student, calibrated_teacher, loss_of

CIFAR = {"size": 32, "classes": 10, "batch": 128}
IMAGENET = {"size": 224, "classes": 1000, "batch": 112}
NETS = {
    "spiking-resnet18": (CIFAR, {}),
    "spiking-resnet19": (CIFAR, {"widths": (128, 256, 512), "layers": (3, 3, 2), "stem_width": 128, "head": 256}),
    "sew-resnet18": (IMAGENET, {"sew": True, "imagenet": True}),
    "sew-resnet34": (IMAGENET, {"sew": True, "imagenet": True, "layers": (3, 4, 6, 3)}),
    "sew-resnet50": (IMAGENET, {"sew": True, "imagenet": True, "layers": (3, 4, 6, 3), "bottleneck": True}),
}
QUICK = {"spiking-resnet8": ({"size": 16, "classes": 10, "batch": 2}, {"widths": (16, 32, 64), "layers": (1, 1, 1)})}
T = 4


def measure(a, way, shape, net, method, batch):
    torch.manual_seed(0)
    x = torch.randn(batch, 3, shape["size"], shape["size"], device=a.device).contiguous(memory_format=way.layout())
    y = torch.randint(shape["classes"], (batch,), device=a.device)
    teacher = calibrated_teacher(x, classes=shape["classes"], **net).to(memory_format=way.layout())
    student = Student(way.neuron, classes=shape["classes"], **net).to(a.device)
    student.load_state_dict(teacher.state_dict(), strict=False)
    student = student.to(memory_format=way.layout()).train()
    if method == "direct":
        teacher = None
        student.without_transforms()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4,
                                fused=a.device != "cpu" or None)
    # Compiled as one: both networks and the loss. fp16 is timed without the scaling of the loss that training needs.
    loss = way.compiled(lambda x, y: loss_of(student, teacher, x, y, T, a, lambda: gpu.autocast(a.device, way.dtype)))

    def step():
        if way.compile:
            torch.compiler.cudagraph_mark_step_begin()
        optimizer.zero_grad(set_to_none=True)
        value = loss(x, y)
        value.backward()
        optimizer.step()
        gpu.reset(student)
        return value

    first = step().item()
    print(f"{way.name}: the first loss is {first:.4f}", file=sys.stderr, flush=True)
    for _ in range(1 if a.quick else 3):
        step()
    if a.device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    seconds = gpu.seconds(a.device, step, 1 if a.quick else 9, 0.25)
    last = step().item()
    assert math.isfinite(last), f"the loss is {last}"
    # What CUDA graphs hold in pools of their own, PyTorch's counter of the peak does not see.
    peak = "" if way.compile == "reduce-overhead" else gpu.peak_mib(a.device)
    return [f"{batch / seconds:.1f}", f"{seconds * 1e3:.2f}", peak]


def main():
    p = gpu.parser(__doc__)
    p.add_argument("--nets", nargs="*", help=f"of {', '.join(NETS)}")
    p.add_argument("--methods", nargs="*", default=["sakd", "direct"])
    p.add_argument("--logit-weight", type=float, default=1.0)
    p.add_argument("--temperature", type=float, default=4.0)
    p.add_argument("--feature-weight", type=float, default=100.0)
    a = p.parse_args()
    gpu.title(a.device)
    clock = gpu.Clock(a.seconds)
    rows = gpu.Rows(a.into, "Training steps")
    torch.backends.cudnn.benchmark = True
    nets = QUICK if a.quick else {name: NETS[name] for name in a.nets or NETS}
    for name, (shape, net) in nets.items():
        for method in a.methods:
            for way in gpu.ways(a):
                batch = shape["batch"]
                while True:
                    cells = gpu.attempt(a.device, clock, way.neuron,
                                        lambda: measure(a, way, shape, net, method, batch), 7)
                    if cells[0] != "out of memory" or batch == 1:
                        break
                    batch //= 2
                rows.add(f"{name} {shape['size']}x{shape['size']} {method}", batch, T, way.name, *cells)
                rows.compare("Work", "Images/s", "Peak MiB")


if __name__ == "__main__":
    main()
