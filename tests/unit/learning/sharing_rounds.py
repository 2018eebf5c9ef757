#!/usr/bin/python3
"""Writes sharing_rounds_*.json: rounds of every sharing strategy, computed in float64 by NumPy and
PyWavelets straight from the definitions, in the format that tools/replay reads.

Needs python3-numpy and python3-pywt.
"""

import json
import pathlib
import warnings

import numpy as np
import pywt

warnings.filterwarnings("ignore", message="Level value")


def metropolis(adjacency):
    degree = adjacency.sum(axis=1)
    weights = adjacency / (1 + np.maximum.outer(degree, degree))
    np.fill_diagonal(weights, 1 - weights.sum(axis=1))
    return weights


def largest(v, alpha):
    """The round(alpha n) indices of largest magnitude; no float32 program may see another order."""
    magnitudes = np.abs(v)
    k = round(alpha * len(v))
    order = np.argsort(-magnitudes, kind="stable")
    if 0 < k < len(v):
        assert magnitudes[order[k - 1]] - magnitudes[order[k]] > 1e-5, "too close: another seed"
    return np.sort(order[:k])


class Wavelet:
    def __init__(self, family, level, size):
        self.family, self.level, self.size = family, level, size
        coefficients = pywt.wavedec(np.zeros(size), family, "symmetric", level)
        self.slices = pywt.coeffs_to_array(coefficients)[1]

    def forward(self, x):
        return pywt.coeffs_to_array(pywt.wavedec(x, self.family, "symmetric", self.level))[0]

    def inverse(self, z):
        coefficients = pywt.array_to_coeffs(z, self.slices, output_format="wavedec")
        return pywt.waverec(coefficients, self.family, "symmetric")[: self.size]


class Fourier:
    def __init__(self, size):
        self.size = size

    def forward(self, x):
        return np.fft.rfft(x)

    def inverse(self, z):
        return np.fft.irfft(z, self.size)


class Identity:
    def forward(self, x):
        return x.copy()

    def inverse(self, z):
        return z


class WholeModels:
    def __init__(self, system, weights):
        self.weights = weights

    def send(self, t, x):
        return [{"params": row} for row in x]

    def merge(self, x, sent):
        return self.weights @ x


class Selective:
    def __init__(self, system, transform, alpha, accumulation):
        self.weights, self.T, self.alpha, self.mode = system.W, transform, alpha, accumulation
        self.base = np.tile(system.x0, (system.N, 1))
        self.A = [0 * transform.forward(system.x0) for _ in range(system.N)]

    def send(self, t, x):
        messages = []
        for i, row in enumerate(x):
            c = self.T.forward(row - self.base[i])
            v = c if self.mode == "" else c + self.A[i]
            if self.mode == "_acc":
                self.A[i] = v.copy()
            indices = largest(v, self.alpha)
            self.A[i][indices] = 0
            messages.append({"indices": indices, "params": self.T.forward(row)[indices]})
        return messages

    def merge(self, x, sent):
        merged = np.empty_like(x)
        for i, row in enumerate(x):
            u = self.T.forward(row)
            z = u.copy()
            for j in np.flatnonzero(self.weights[i]):
                if j != i:
                    at = sent[j]["indices"]
                    z[at] += self.weights[i, j] * (sent[j]["params"] - u[at])
            merged[i] = self.T.inverse(z)
            if self.mode == "_acc_avg":
                self.A[i] = self.A[i] + self.T.forward(merged[i] - self.base[i])
        self.base = merged.copy()
        return merged


class Random:
    def __init__(self, system, alpha, seed, step):
        self.weights, self.alpha, self.seed, self.step = system.W, alpha, seed, step

    def send(self, t, x):
        messages = []
        for i, row in enumerate(x):
            seed = self.seed + self.step * i + t
            # torch.rand takes 24 bits of each draw of mt19937.
            draws = np.random.RandomState(seed)._bit_generator.random_raw(len(row))
            uniform = (draws & 0xFFFFFF).astype(np.float32) * np.float32(2**-24)
            kept = np.flatnonzero(uniform <= np.float32(self.alpha))
            messages.append({"params": row[kept], "seed": seed, "kept": kept})
        return messages

    def merge(self, x, sent):
        merged = x.copy()
        for i, row in enumerate(x):
            for j in np.flatnonzero(self.weights[i]):
                if j != i:
                    at = sent[j]["kept"]
                    merged[i, at] += self.weights[i, j] * (sent[j]["params"] - row[at])
        return merged


class Choco:
    def __init__(self, system, alpha, gamma):
        self.W, self.alpha, self.gamma = system.W, alpha, gamma
        self.public = np.zeros((system.N, system.D))

    def send(self, t, x):
        messages = []
        for i, row in enumerate(x):
            q = row - self.public[i]
            indices = largest(q, self.alpha)
            messages.append({"indices": indices, "params": q[indices]})
        return messages

    def merge(self, x, sent):
        for public, message in zip(self.public, sent):
            public[message["indices"]] += message["params"]
        # The definition, x + gamma sum_j w_ij (x^_j - x^_i), with every x^_j at hand.
        return x + self.gamma * (self.W @ self.public - self.public)


class System:
    def __init__(self, nodes, size, rounds, edges, seed):
        rng = np.random.default_rng(seed)
        self.N, self.D, self.R, self.edges = nodes, size, rounds, edges
        self.adjacency = np.zeros((nodes, nodes))
        for u, v in edges:
            self.adjacency[u, v] = self.adjacency[v, u] = 1
        self.W = metropolis(self.adjacency)
        self.x0 = rng.standard_normal(size).astype(np.float32).astype(float) / 2
        deltas = rng.standard_normal((rounds, nodes, size)) / 4
        self.delta = deltas.astype(np.float32).astype(float)

    def run(self, strategy):
        x = np.tile(self.x0, (self.N, 1))
        rounds = []
        for t in range(self.R):
            x = x + self.delta[t]
            before, sent = x, strategy.send(t, x)
            x = strategy.merge(x, sent)
            rounds.append({"pre": before, "sent": sent, "post": x})
        return rounds

    def write(self, name, strategies):
        content = {key: getattr(self, key) for key in ("N", "D", "R", "edges", "W", "x0", "delta")}
        content.update({key: self.run(strategy) for key, strategy in strategies.items()})
        for key in strategies:
            for message in (m for r in content[key] for m in r["sent"]):
                message.pop("kept", None)
        path = pathlib.Path(__file__).with_name(name)
        path.write_text(json.dumps(content, default=plain) + "\n")


def plain(value):
    if np.iscomplexobj(value):
        value = np.stack([value.real, value.imag], axis=-1)
    if value.dtype == float:
        value = np.array([float(f"{v:.8g}") for v in value.ravel()]).reshape(value.shape)
    return value.tolist()


# Lengths on purpose: odd and prime, shorter than the longest filter at deep levels; even.
odd = System(5, 29, 3, [(0, 1), (0, 2), (0, 4), (1, 2), (2, 3)], seed=11)
plain_weights = (odd.adjacency + np.eye(5)) / (odd.adjacency.sum(axis=1) + 1)[:, None]
odd.write(
    "sharing_rounds_odd.json",
    {
        "sharing_mh": WholeModels(odd, odd.W),
        "plain_average": WholeModels(odd, plain_weights),
        "topk_a0.25": Selective(odd, Identity(), 0.25, ""),
        "topk_a0.1_acc": Selective(odd, Identity(), 0.1, "_acc"),
        "topk_a0.25_acc_avg": Selective(odd, Identity(), 0.25, "_acc_avg"),
        "topk_a1": Selective(odd, Identity(), 1.0, ""),
        "topk_a0.01": Selective(odd, Identity(), 0.01, ""),
        "subsampling_a0.4_seed99+100i": Random(odd, 0.4, 99, 100),
        "choco_a0.3_g0.25": Choco(odd, 0.3, 0.25),
        "wavelet_sym2_l4_a0.3_acc_avg": Selective(odd, Wavelet("sym2", 4, 29), 0.3, "_acc_avg"),
        "wavelet_db4_l3_a0.2_acc": Selective(odd, Wavelet("db4", 3, 29), 0.2, "_acc"),
        "wavelet_haar_l2_a1": Selective(odd, Wavelet("haar", 2, 29), 1.0, ""),
        "fft_a0.3": Selective(odd, Fourier(29), 0.3, ""),
        "fft_a1": Selective(odd, Fourier(29), 1.0, ""),
    },
)
even = System(3, 16, 3, [(0, 1), (1, 2)], seed=12)
even.write(
    "sharing_rounds_even.json",
    {
        "wavelet_haar_l3_a0.3": Selective(even, Wavelet("haar", 3, 16), 0.3, ""),
        "wavelet_db2_l2_a0.3": Selective(even, Wavelet("db2", 2, 16), 0.3, ""),
        "wavelet_db3_l1_a0.4": Selective(even, Wavelet("db3", 1, 16), 0.4, ""),
        "wavelet_sym3_l5_a0.3": Selective(even, Wavelet("sym3", 5, 16), 0.3, ""),
        "wavelet_sym4_l2_a0.3_acc_avg": Selective(even, Wavelet("sym4", 2, 16), 0.3, "_acc_avg"),
        "wavelet_db8_l2_a0.3": Selective(even, Wavelet("db8", 2, 16), 0.3, ""),
        "fft_a0.4_acc": Selective(even, Fourier(16), 0.4, "_acc"),
        "fft_a0.4_acc_avg": Selective(even, Fourier(16), 0.4, "_acc_avg"),
        "fft_a1": Selective(even, Fourier(16), 1.0, ""),
    },
)
