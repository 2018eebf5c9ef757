#!/usr/bin/python3
"""Writes rounds.json: learning methods by their definitions in float64, on a problem of five nodes.

    tests/unit/replay/rounds.py > tests/unit/replay/rounds.json
    tests/unit/replay/rounds.py SEED            another problem, a ring with chords, and
                                            rules, outer steps and DeMo besides
    tests/unit/replay/rounds.py SEED NODES      a ring; of an even number D2 does not converge

f_i(x) = 1/2 sum_c A_ic (x_c - B_ic)^2 with exact gradients, from starts that differ between nodes.
"""
import json
import sys

import numpy as np

import rules

MANY = 2000


def ring(nodes):
    return [(i, (i + 1) % nodes) for i in range(nodes)]


if len(sys.argv) > 1:
    rng = np.random.default_rng(int(sys.argv[1]))
    NODES, DIMENSION = int(rng.integers(3, 9)), int(rng.integers(1, 5))
    if len(sys.argv) > 2:
        NODES = int(sys.argv[2])
    ETA = round(float(rng.uniform(0.02, 0.15)), 3)
    EDGES = ring(NODES)
    if len(sys.argv) <= 2:
        EDGES += [(i, j) for i in range(NODES) for j in range(i + 2, NODES)
                  if (i, j) != (0, NODES - 1) and rng.uniform() < 0.4]
else:
    rng = np.random.default_rng(7)
    NODES, DIMENSION, ETA = 5, 3, 0.1
    EDGES = ring(NODES) + [(0, 2)]
A = np.round(rng.uniform(0.4, 2.0, (NODES, DIMENSION)), 3)
B = np.round(rng.normal(0, 3, (NODES, DIMENSION)), 3)
START = np.round(rng.normal(0, 1, (NODES, DIMENSION)), 3)
OPTIMUM = (A * B).sum(0) / A.sum(0)

degree = np.zeros(NODES)
for i, j in EDGES:
    degree[[i, j]] += 1
W = np.zeros((NODES, NODES))
for i, j in EDGES:
    W[i, j] = W[j, i] = 1 / (1 + max(degree[i], degree[j]))
W += np.diag(1 - W.sum(1))


def gradient(x):
    return A * (x - B)


def dpsgd(x):
    while True:
        x = W @ (x - ETA * gradient(x))
        yield x


def tracking_relaysgd(x):
    c = 0 * x
    while True:
        u = -ETA * gradient(x)
        x, c = W @ (x + u + c), W @ (c + u) - u
        yield x


def tracking_diging(x):
    y = gradient(x)
    while True:
        after = W @ x - ETA * y
        y = W @ y + gradient(after) - gradient(x)
        x = after
        yield x


def d2(x, mixing=W):
    before, g_before = None, None
    while True:
        g = gradient(x)
        half = x - ETA * g if before is None else 2 * x - before - ETA * (g - g_before)
        before, g_before, x = x, g, mixing @ half
        yield x


def exact_diffusion(x):
    return d2(x, (np.eye(NODES) + W) / 2)


def extra(x):
    before, g_before = x, gradient(x)
    x = W @ x - ETA * g_before
    yield x
    half = (np.eye(NODES) + W) / 2
    while True:
        g = gradient(x)
        before, g_before, x = x, g, x + W @ x - half @ before - ETA * (g - g_before)
        yield x


def qg_dsgdm(x, beta=0.8, mu=0.7):
    mhat = 0 * x
    while True:
        after = W @ (x - ETA * (beta * mhat + gradient(x)))
        mhat = mu * mhat + (1 - mu) * (x - after) / ETA
        x = after
        yield x


def sgp(x, arcs_of):
    w = np.ones((NODES, 1))
    for turn in range(10**9):
        x = x - ETA * gradient(x / w)
        shares = np.eye(NODES)
        for i, j in arcs_of(turn):
            shares[j, i] = 1
        shares /= shares.sum(0)
        x, w = shares @ x, shares @ w
        yield x / w


def one_peer(turn):
    distance = 2 ** (turn % int(np.ceil(np.log2(NODES))))
    return [(i, (i + distance) % NODES) for i in range(NODES)]


def irregular(_):
    return [(i, (i + 1) % NODES) for i in range(NODES)] + [(0, 2)]


def relaysum(x):
    start, sums = x, {}
    around = [[j for j in (i - 1, i + 1) if 0 <= j < NODES] for i in range(NODES)]
    none = (0 * x[0], 0)
    while True:
        half = x - ETA * gradient(x)
        passed = {}
        for i in range(NODES):
            for j in around[i]:
                others = [sums.get((k, i), none) for k in around[i] if k != j]
                passed[i, j] = (half[i] + sum(s for s, _ in others), 1 + sum(c for _, c in others))
        sums = passed
        x = np.array([
            (half[i] + sum(sums[j, i][0] for j in around[i])
             + (NODES - 1 - sum(sums[j, i][1] for j in around[i])) * start[i]) / NODES
            for i in range(NODES)])
        yield x


METHODS = {
    "dpsgd": dpsgd,
    "gradient_tracking_relaysgd_form": tracking_relaysgd,
    "gradient_tracking_qg_form": tracking_diging,
    "gradient_tracking_diging": tracking_diging,
    "d2": d2,
    "exact_diffusion": exact_diffusion,
    "extra": extra,
    "qg_dsgdm_beta0.8_mu0.7": qg_dsgdm,
    "sgp_directed_exponential_1peer": lambda x: sgp(x, one_peer),
    "sgp_irregular": lambda x: sgp(x, irregular),
    "relaysum_model_chain": relaysum,
}


def record(method):
    models = method(START)
    first = [next(models) for _ in range(3)]
    recorded = {"x_after_round_1_2_3": [x.tolist() for x in first]}
    period = 12  # of whatever turns a graph takes
    for _ in range(MANY - 3 - period):
        before = next(models)
    for _ in range(period):
        last = next(models)
    # Where a method goes nowhere, what float32 makes of 2,000 rounds is another thing.
    if np.abs(last - before).max() < 1e-9:
        recorded["max_error_after_2000"] = float(abs(last - OPTIMUM).max())
    return recorded


values = {
    "problem": {"A": A.tolist(), "B": B.tolist(), "eta": ETA, "x0": START.tolist(),
                "W_metropolis": W.tolist(), "optimum": OPTIMUM.tolist()},
    "optimisers": {name: record(method) for name, method in METHODS.items()}}
if len(sys.argv) > 1:
    values |= {"robust": rules.robust(rng), "outer": rules.outer(rng, A, B, START),
               "demo": rules.demo(rng)}
print(json.dumps(values, indent=1))
