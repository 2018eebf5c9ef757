"""Runs and sweeps of Murmuration in Python.

Needs nothing but Python 3.9; with pandas, tables are data frames, without it lists of dictionaries.

    import murmuration
    run = murmuration.read("results/quickstart/001")
    run.rounds.plot(x="sim_time_max_s", y="test_accuracy_mean")
"""

from .plots import plot_bytes, plot_curves, plot_time_to_accuracy
from .results import Run, Sweep, read, read_sweep, to_parquet
from .running import RunFailed, run
from .tensorboard import to_tensorboard

__all__ = [
    "Run",
    "RunFailed",
    "Sweep",
    "plot_bytes",
    "plot_curves",
    "plot_time_to_accuracy",
    "read",
    "read_sweep",
    "run",
    "to_parquet",
    "to_tensorboard",
]
