"""Times one whole training step of SAKD, or of direct training, in PyTorch on the CPU: spiking ResNet-18 for 32x32
images, written the way the method's code and SpikingJelly write it. Prints one line of JSON."""
import argparse
import json
import statistics
import time

import torch

import machine
from lif import LIF, reset_net
from nets import Student, calibrated_teacher, loss_of

CLASSES = 10


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
    student = Student(LIF)
    student.load_state_dict(teacher.state_dict(), strict=False)  # the method's weight transfer
    if a.method == "direct":
        teacher = None
        student.without_transforms()
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
