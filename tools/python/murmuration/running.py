"""Runs scenarios as programs of their own."""

import subprocess
from pathlib import Path

from .results import Run

# The program at the top of the repository that this file lies in.
MURMUR = Path(__file__).resolve().parents[3] / "murmur"


class RunFailed(RuntimeError):
    """A run that did not end well: `code` is its exit code, `run` its results where there are any."""

    def __init__(self, message, code, run):
        super().__init__(message)
        self.code = code
        self.run = run


def command(scenario, options):
    """The words of the command that runs a scenario with options: `local_steps=2` is `--local-steps=2`."""
    program = Path(scenario)
    words = [str(program)] if program.is_file() else [str(MURMUR), "run", str(scenario)]
    for name, value in options.items():
        if isinstance(value, bool):
            value = "true" if value else "false"
        words.append(f"--{name.replace('_', '-')}={value}")
    return words


def run(scenario, out, **options):
    """Runs a scenario, by its name or by its program's path, into a folder; returns the `Run`.

    Raises RunFailed with what the program said where its exit code is not 0.
    """
    words = command(scenario, {**options, "out": out})
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        there = (Path(out) / "experiment.json").is_file()
        raise RunFailed(said[-1] if said else f"exit code {done.returncode}", done.returncode,
                        Run(out) if there else None)
    return Run(out)
