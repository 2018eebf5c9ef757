"""Prints Renyi divergences of one step of the subsampled Gaussian mechanism, by numerical integration.

Usage: subsampled_gaussian.py < LINES, where a line holds `q sigma order`.  One result a line.

log(E[(1 - q + q exp((2 z - 1) / (2 sigma^2)))^order]) / (order - 1) over z ~ N(0, sigma^2), by the trapezoidal
rule, which converges faster than any power of the step on integrands that vanish at both ends.
"""

import math
import sys

import numpy as np


def rdp(q, sigma, order):
    z, step = np.linspace(-40 * sigma, order + 40 * sigma, 400_001, retstep=True)
    log_ratio = np.logaddexp(math.log1p(-q), math.log(q) + (2 * z - 1) / (2 * sigma**2))
    log_value = -(z**2) / (2 * sigma**2) - math.log(sigma * math.sqrt(2 * math.pi)) + order * log_ratio
    highest = log_value.max()
    integral = np.exp(log_value - highest).sum() * step
    return (highest + math.log(integral)) / (order - 1)


for line in sys.stdin:
    print(repr(float(rdp(*map(float, line.split())))))
