"""Aggregation rules, outer steps and one step of DeMo by their definitions in float64."""
import numpy as np


def clip(difference, tau):
    length = np.linalg.norm(difference)
    return difference * (min(1, tau / length) if length > 0 else 1)


def trimmed_mean(vectors, f):
    ordered = np.sort(vectors, axis=0)
    return ordered[f:len(vectors) - f].mean(0)


def nearest(vectors, to, count):
    """The mean of the vectors that are nearest to one of them, itself included."""
    order = np.argsort(np.linalg.norm(vectors - to, axis=1), kind="stable")
    return vectors[order[:count]].mean(0)


def nnm(vectors, f):
    return np.array([nearest(vectors, v, len(vectors) - f) for v in vectors])


def krum_scores(vectors, count, reduce):
    squares = ((vectors[:, None] - vectors[None]) ** 2).sum(2)
    return np.array([reduce(np.sort(np.delete(squares[i], i))[:count]) for i in range(len(vectors))])


def ios(vectors, f):
    left = list(range(len(vectors)))
    for _ in range(f):
        mean = vectors[left].mean(0)
        left.remove(max((j for j in left if j != 0),
                        key=lambda j: np.linalg.norm(vectors[j] - mean)))
    return vectors[left].mean(0)


def cs_plus_length(distances, n, b):
    """The largest distance up to which neighbors of weight 1/n weigh at most all but 2 b."""
    most = (n - 1) / n - 2 * b
    return max([d for k, d in enumerate(np.sort(distances), 1) if k / n <= most + 1e-12], default=0)


def gts(own, others, b):
    """The mean without the weight b of the farthest, of the last one the part that is left."""
    n = len(others) + 1
    pulled, left = own.copy(), b
    for k in np.argsort(-np.linalg.norm(others - own, axis=1), kind="stable"):
        dropped = min(left, 1 / n)
        left -= dropped
        pulled = pulled + (1 / n - dropped) * (others[k] - own)
    return pulled


def robust(rng):
    n, f, dimension = int(rng.integers(8, 12)), int(rng.integers(1, 3)), int(rng.integers(1, 6))
    vectors = rng.normal(0, 1, (n, dimension)).astype(np.float32).astype(float)
    vectors[n - f:] += 5
    own, others = vectors[0], vectors[1:]
    distances = np.sort(np.linalg.norm(others - own, axis=1))
    by_sum = krum_scores(vectors, n - f - 2, np.sum)
    by_mean = krum_scores(vectors, n - f - 1, np.mean)
    # The nearest whose weight, each has 1/n, is below that of all neighbors but f.
    tau_he = np.sqrt((distances[:n - f - 2] ** 2).sum() / f)

    def clipped(tau):
        return own + sum(clip(v - own, tau) for v in others) / n

    rules = {
        "mean": vectors.mean(0),
        f"trimmed_mean_f{f}": trimmed_mean(vectors, f),
        "median_mean_of_middle_two": np.median(vectors, axis=0),
        f"nnm_f{f}_then_trimmed_mean_f{f}": trimmed_mean(nnm(vectors, f), f),
        f"nnm_f{f}_then_mean": nnm(vectors, f).mean(0),
        "krum_original_nf2": vectors[np.argmin(by_sum)],
        "krum_scores_nf2": by_sum,
        "krum_byzfl_nf1": vectors[np.argmin(by_mean)],
        "multikrum_byzfl_mean_of_nf":
            vectors[np.argsort(by_mean, kind="stable")[:n - f]].mean(0),
        "clipped_gossip_tau0.75_equal_weights": clipped(0.75),
        "tau_epfml_second_largest": distances[-2],
        "clipped_gossip_tau_epfml": clipped(distances[-2]),
        f"tau_he_weight_rule_b={f}/{n}": tau_he,
        "clipped_gossip_tau_he": clipped(tau_he),
        # A weight of whole neighbors, and one that leaves a part of one.
        f"cs_plus_b={f}/{n}": clipped(cs_plus_length(distances, n, f / n)),
        f"cs_plus_b={2 * f + 1}/{4 * n}":
            clipped(cs_plus_length(distances, n, (2 * f + 1) / (4 * n))),
        f"gts_b={f}/{n}": gts(own, others, f / n),
        f"gts_b={2 * f + 1}/{4 * n}": gts(own, others, (2 * f + 1) / (4 * n)),
        f"ios_f{f}": ios(vectors, f),
        "monna_nearest_n-f": nearest(vectors, own, n - f),
        "monna_nearest_n-2f": nearest(vectors, own, n - 2 * f)}
    return {"vectors_own_first": vectors.tolist(), "f": f,
            **{key: value.tolist() for key, value in rules.items()}}


def outer(rng, a, b, start):
    steps, lr = int(rng.integers(1, 6)), 0.0625
    workers = sorted(rng.choice(len(a), 2, replace=False).tolist())

    def work(node, x):
        for _ in range(steps):
            x = x - lr * a[node] * (x - b[node])
        return x

    def diloco(rate, mu, look_ahead):
        theta, v = start[workers[0]], 0
        for _ in range(3):
            drift = np.mean([theta - work(node, theta) for node in workers], axis=0)
            v = mu * v + drift
            theta = theta - rate * (drift + mu * v if look_ahead else v)
            yield theta.tolist()

    def noloco(rate, mu, phi):
        m = [0, 0]
        for _ in range(3):
            change = np.mean([work(node, x) - x for node, x in zip(workers, phi)], axis=0)
            mean = np.mean(phi, axis=0)
            m = [mu * m[i] + rate * change + rate * (mean - phi[i]) for i in range(2)]
            phi = [phi[i] + m[i] for i in range(2)]
            yield [x.tolist() for x in phi]

    dimension = len(a[0])
    starts = [[0.25 * i] * dimension for i in range(2)]
    words = "_".join("[" + ",".join(str(x) for x in one) + "]" for one in starts)
    return {
        "inner": f"H={steps} plain SGD steps, lr {lr}, workers = nodes {workers[0]} and "
                 f"{workers[1]} of the problem",
        "diloco_nesterov_0.6_0.8": list(diloco(0.6, 0.8, True)),
        "diloco_heavy_ball_0.5_0.75": list(diloco(0.5, 0.75, False)),
        f"noloco_pair_eta0.6_mu0.25_start_{words}": list(noloco(0.6, 0.25, np.array(starts)))}


def cosines(n):
    """The orthonormal DCT-II."""
    k, i = np.mgrid[:n, :n]
    matrix = np.sqrt(2 / n) * np.cos(np.pi * (2 * i + 1) * k / (2 * n))
    matrix[0] /= np.sqrt(2)
    return matrix


def demo(rng):
    rows, columns, top_k, workers = (int(rng.integers(2, 9)), int(rng.integers(2, 9)), 3,
                                     int(rng.integers(2, 5)))
    lr = float(rng.choice([0.125, 0.5, 1, 2]))
    gradients = rng.normal(0, 1, (workers, rows, columns)).astype(np.float32).astype(float)
    along, across = cosines(rows), cosines(columns)
    sent, residuals = [], []
    total, senders = np.zeros((rows, columns)), np.zeros((rows, columns))
    for gradient in gradients:
        coefficients = along @ (lr * gradient) @ across.T
        kept = np.argsort(-abs(coefficients).ravel(), kind="stable")[:top_k]
        chosen = np.zeros(rows * columns)
        chosen[kept] = coefficients.ravel()[kept]
        chosen = chosen.reshape(rows, columns)
        sent.append([[list(map(int, divmod(int(i), columns))), coefficients.ravel()[i]]
                     for i in sorted(kept)])
        residuals.append(lr * gradient - along.T @ chosen @ across)
        total += chosen
        senders += chosen != 0
    mean = total / np.maximum(senders, 1)
    dense = along.T @ mean @ across
    return {
        "gradients": gradients.tolist(),
        "decay_and_lr": f"first step, delta0 = 0, lr {lr:g}, chunk {rows}x{columns}, top-k {top_k}",
        "sent": sent,
        "residual_after_send": [r.tolist() for r in residuals],
        "combined_mean_over_senders_of_that_index":
            [[[int(r), int(c)], mean[r, c]] for r, c in np.argwhere(senders)],
        "dense_before_sign": dense.tolist(),
        "signed_step": np.sign(dense).tolist()}
