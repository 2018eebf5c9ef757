"""Three plots of runs, by matplotlib.  Each returns its axes."""

import math
from collections import defaultdict

from .results import Run, Sweep, _is_missing, _rows

AXES = {
    "time": ("sim_time_max_s", "simulated seconds"),
    "bytes": ("bytes_sent", "bytes sent by all nodes"),
    "rounds": ("round", "rounds"),
}


def _axes(axes):
    if axes is not None:
        return axes
    import matplotlib.pyplot

    return matplotlib.pyplot.subplots()[1]


def _runs(runs):
    if isinstance(runs, Run):
        return [runs]
    return runs.runs if isinstance(runs, Sweep) else list(runs)


def _groups(runs, by):
    """Pairs of a label and runs: those of a value of an option, or each run by itself."""
    if by is None:
        return [(run.name, [run]) for run in runs]
    groups = defaultdict(list)
    for run in runs:
        groups[str(run.setting(by))].append(run)
    return list(groups.items())


# Quantiles at 97.5 % of Student's t of 1 to 20 degrees of freedom.
_T = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139,
      2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963)


def _t_quantile(freedom):
    """The quantile at 97.5 % of Student's t; beyond the table by Cornish and Fisher's series, within 1e-5."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    z = 1.959964
    return (z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3))


def _mean_and_interval(values):
    """Mean and half of its 95 % interval by Student's t, as sweep-summary.csv has them; 0 of a single value."""
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return mean, 0.0
    variance = sum((value - mean) ** 2 for value in values) / (count - 1)
    return mean, _t_quantile(count - 1) * math.sqrt(variance / count)


def plot_curves(runs, y="test_accuracy_mean", x="time", by=None, axes=None):
    """A curve for each run, or for each value of the option `by`: mean of its runs, round by round, with a band.

    x is time, bytes or rounds.  The band is the 95 % interval of the mean over the runs, mostly seeds.
    """
    column, label = AXES[x]
    axes = _axes(axes)
    for name, members in _groups(_runs(runs), by):
        rounds = defaultdict(list)
        for run in members:
            for row in _rows(run.rounds):
                if not _is_missing(row.get(y)):
                    rounds[row["round"]].append((row[column], row[y]))
        places, means, lows, highs = [], [], [], []
        for _, points in sorted(rounds.items()):
            # A mean over fewer runs than before would jump.
            if len(points) < len(members):
                continue
            mean, half = _mean_and_interval([point[1] for point in points])
            places.append(sum(point[0] for point in points) / len(points))
            means.append(mean)
            lows.append(mean - half)
            highs.append(mean + half)
        (line,) = axes.plot(places, means, label=name)
        if len(members) > 1:
            axes.fill_between(places, lows, highs, alpha=0.2, color=line.get_color(), linewidth=0)
    axes.set_xlabel(label)
    axes.set_ylabel(y.replace("_", " "))
    axes.legend(title=by)
    return axes


def plot_time_to_accuracy(runs, accuracy, x="time", by=None, axes=None):
    """A bar for each run or value of `by`: when the mean accuracy is reached; none where a run never reaches it."""
    column, label = AXES[x]
    axes = _axes(axes)
    for place, (name, members) in enumerate(_groups(_runs(runs), by)):
        times = [run.time_to(accuracy, column) for run in members]
        if all(time is not None for time in times):
            mean, half = _mean_and_interval(times)
            axes.bar(place, mean, yerr=half or None, label=name)
        else:
            axes.bar(place, 0, label=f"{name}: not reached")
    axes.set_xticks([])
    axes.set_ylabel(f"{label} to {accuracy:.0%}")
    axes.legend(title=by)
    return axes


def plot_bytes(run, axes=None):
    """What each node has sent and received over a run."""
    axes = _axes(axes)
    rows = _rows(run.nodes)
    nodes = [row["node"] for row in rows]
    axes.bar(nodes, [row["bytes_sent"] for row in rows], label="sent")
    axes.bar(nodes, [-row["bytes_received"] for row in rows], label="received")
    axes.set_xlabel("node")
    axes.set_ylabel("bytes on the wire")
    axes.legend()
    return axes
