"""Prints the shares of the base rate in 60 steps by torch.optim.lr_scheduler: a line for each schedule.

Usage: learning_rates.py.  Exits with 77 where Debian's python3-torch is absent.
"""

import sys
import warnings

# SequentialLR itself calls step() in the way that torch warns of.
warnings.filterwarnings("ignore", category=UserWarning)

try:
    import torch
    from torch.optim import lr_scheduler as schedules
except ImportError:
    sys.exit(77)


def shares(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    values = []
    for _ in range(60):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


def warm_cosine(optimizer):
    return schedules.SequentialLR(
        optimizer,
        [schedules.LinearLR(optimizer, start_factor=0.1, total_iters=10),
         schedules.CosineAnnealingLR(optimizer, T_max=40, eta_min=0.05)],
        milestones=[10])


for make in (lambda o: schedules.StepLR(o, step_size=7, gamma=0.5),
             lambda o: schedules.MultiStepLR(o, milestones=[15, 18, 40], gamma=0.1),
             lambda o: schedules.CosineAnnealingLR(o, T_max=60, eta_min=0.25),
             lambda o: schedules.LinearLR(o, start_factor=0.2, total_iters=20),
             lambda o: schedules.LambdaLR(o, lambda t: 1 / (1 + t / 12)),
             warm_cosine):
    print(*map(repr, shares(make)))
