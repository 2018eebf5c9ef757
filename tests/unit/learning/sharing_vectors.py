#!/usr/bin/python3
"""Writes sharing_vectors.json: one merge of whole models, computed by NumPy in float64.

Three nodes on a path 0 - 1 - 2 with Metropolis-Hastings weights; `models` are what the nodes hold
before a round, `full` and `plain_average` what they hold after it.
"""

import json
import pathlib

import numpy as np

EDGES = [(0, 1), (1, 2)]
NODES, SIZE = 3, 5

models = np.random.default_rng(7).standard_normal((NODES, SIZE)).astype(np.float32)
adjacency = np.zeros((NODES, NODES))
for u, v in EDGES:
    adjacency[u, v] = adjacency[v, u] = 1
degree = adjacency.sum(axis=1)
weights = adjacency / (1 + np.maximum.outer(degree, degree))
np.fill_diagonal(weights, 1 - weights.sum(axis=1))
plain = (adjacency + np.eye(NODES)) / (degree + 1)[:, None]

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(
    json.dumps(
        {
            "weights": weights.tolist(),
            "models": models.tolist(),
            "full": (weights @ models.astype(np.float64)).tolist(),
            "plain_average": (plain @ models.astype(np.float64)).tolist(),
        },
        indent=1,
    )
    + "\n"
)
