"""Times whole training steps of SAKD and of direct training in PyTorch and SpikingJelly on a GPU, and adds a row for each
way of running them to the table of `sakd bench`: bf16 autocast, both memory layouts, torch.compile."""
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


def measure(a, device, neuron, shape, net, method, dtype, channels_last, compile_it, batch):
    torch.manual_seed(0)
    x = torch.randn(batch, 3, shape["size"], shape["size"], device=device)
    y = torch.randint(shape["classes"], (batch,), device=device)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x = x.contiguous(memory_format=layout)
    teacher = calibrated_teacher(x, classes=shape["classes"], **net).to(memory_format=layout)
    student = Student(neuron, classes=shape["classes"], **net).to(device)
    student.load_state_dict(teacher.state_dict(), strict=False)
    student = student.to(memory_format=layout).train()
    if method == "direct":
        teacher = None
        student.without_transforms()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)

    def loss():
        return loss_of(student, teacher, x, y, T, a, lambda: gpu.autocast(device, dtype))

    if compile_it:
        student.forward = gpu.compiled(student.forward)
        if teacher is not None:
            teacher.forward = gpu.compiled(teacher.forward)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()
        gpu.reset(student)

    for _ in range(2 if a.quick else 4):
        step()
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    samples = 1 if a.quick else 9
    seconds = gpu.seconds(device, step, samples)
    value = loss()
    gpu.reset(student)
    assert torch.isfinite(value), f"the loss is {value.item()}"
    return [f"{batch / seconds:.1f}", f"{seconds * 1e3:.2f}", gpu.peak_mib(device)]


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
    kinds = [(name, neuron, last, False) for name, neuron in gpu.neurons(a.device).items() for last in (True, False)]
    kinds.append(("PyTorch compiled", gpu.LIF, True, True))
    nets = QUICK if a.quick else {name: NETS[name] for name in a.nets or NETS}
    for name, (shape, net) in nets.items():
        for method in a.methods:
            for kind, neuron, last, compile_it in kinds:
                if compile_it and gpu.compiled(torch.nn.Identity()) is None:
                    continue
                batch = shape["batch"]
                while True:
                    cells = gpu.attempt(a.device, clock, lambda: measure(
                        a, a.device, neuron, shape, net, method, torch.bfloat16, last, compile_it, batch), 6)
                    if cells[0] != "out of memory" or batch == 1:
                        break
                    batch //= 2
                rows.add(f"{name} {shape['size']}x{shape['size']} {method}", batch, T,
                         f"{kind} BF16{' channels_last' if last else ''}", *cells)
    rows.compare("Work", "Images/s", "Peak MiB")


if __name__ == "__main__":
    main()
