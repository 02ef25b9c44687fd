"""Times one whole training step of SAKD, or of direct training, in PyTorch on the CPU: spiking ResNet-18 for 32x32
images, written the way the method's code and SpikingJelly write it. Prints one line of JSON."""
import argparse

import torch

import machine
import whole_step
from nets import Student, calibrated_teacher, loss_of

CLASSES = 10


def main():
    p = argparse.ArgumentParser(description=__doc__)
    whole_step.add_options(p, batch=16, steps=10, lr=0.1)
    a = p.parse_args()
    where = machine.prepare(a)

    torch.manual_seed(0)
    x, y = torch.randn(a.batch, 3, 32, 32), torch.randint(CLASSES, (a.batch,))
    teacher = calibrated_teacher(x)
    student = Student(whole_step.neuron(a))
    student.load_state_dict(teacher.state_dict(), strict=False)  # the method's weight transfer
    if a.method == "direct":
        teacher = None
        student.without_transforms()
    student.train()
    x, student, teacher = whole_step.laid_out(a, x, student, teacher)
    step_loss = whole_step.loss_function(a, loss_of)
    whole_step.measure(a, where, student, lambda cast: step_loss(student, teacher, x, y, a.T, a, cast))


if __name__ == "__main__":
    main()
