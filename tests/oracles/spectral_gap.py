"""Prints 1 - max(|lambda_2|, |lambda_N|) of symmetric matrices, by NumPy's dense eigenvalue solver.

Usage: spectral_gap.py FILE, where FILE holds one matrix after another: a line `N`, then N lines of
N numbers. One result a line.
"""

import sys

import numpy as np


def spectral_gap(matrix):
    # Ascending; the largest belongs to the ones vector.
    eigenvalues = np.linalg.eigvalsh(matrix)
    return 1.0 - max(abs(eigenvalues[0]), abs(eigenvalues[-2]))


def matrices(path):
    with open(path) as lines:
        for size in lines:
            rows = [next(lines).split() for _ in range(int(size))]
            yield np.array(rows, dtype=np.float64)


for each in matrices(sys.argv[1]):
    print(repr(float(spectral_gap(each))))
