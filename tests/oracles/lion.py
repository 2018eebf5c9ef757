"""Prints what Lion makes of 12 values in float64, by the definition in NumPy, one a line.

Usage: lion.py STEPS LR BETA1 BETA2 WEIGHT_DECAY

Values start at 1 + i/8; the gradient of value i in step t is ((7 i + 13 t) mod 17 - 8) / 16.
"""

import sys

import numpy as np

steps = int(sys.argv[1])
lr, beta1, beta2, decay = map(float, sys.argv[2:])
i = np.arange(12)
x = 1 + i / 8
m = np.zeros(12)
for t in range(steps):
    g = ((7 * i + 13 * t) % 17 - 8) / 16
    x = x - lr * (np.sign(beta1 * m + (1 - beta1) * g) + decay * x)
    m = beta2 * m + (1 - beta2) * g
for value in x:
    print(repr(float(value)))
