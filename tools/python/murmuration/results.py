"""Result folders: docs/results.md says what every column is."""

import csv
import json
from pathlib import Path

# Files of a run that are tables, by the names that they have here.
TABLES = {
    "rounds": "rounds.csv",
    "metrics": "metrics.csv",
    "nodes": "nodes.csv",
    "links": "links.csv",
    "link_use": "link-use.csv",
    "labels": "labels.csv",
    "exchanges": "exchanges.csv",
    "compute_trace": "compute-trace.csv",
    "messages": "messages.csv",
}

# What holds a row for each run of several, and its column with their names.
TABLES_OF_RUNS = {"sweep.csv": "run", "comparison.csv": "variant"}


def _pandas():
    try:
        import pandas
    except ImportError:
        return None
    return pandas


def _number(cell):
    """A cell as a number where it is one; None where it is empty."""
    if cell == "":
        return None
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell


def read_table(path):
    """A CSV file as a data frame, or as a list of dictionaries where there is no pandas."""
    pandas = _pandas()
    if pandas is not None:
        return pandas.read_csv(path, skipinitialspace=True)
    with open(path, newline="", encoding="utf-8") as file:
        return [{name: _number(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


class Run:
    """One run: `options`, `summary`, and a table for each of its CSV files, read when it is asked for.

    Its name is that of its folder, or among the runs of a sweep what the sweep's table calls it.
    """

    def __init__(self, folder, name=None):
        self.folder = Path(folder)
        self.name = self.folder.name if name is None else name
        experiment = self.folder / "experiment.json"
        if not experiment.is_file():
            raise FileNotFoundError(f"{self.folder}: holds no experiment.json, so it is no run's folder")
        with open(experiment, encoding="utf-8") as file:
            self.experiment = json.load(file)
        self.options = self.experiment["options"]
        summary = self.folder / "summary.json"
        # A run that was killed leaves rows and no summary.
        self.summary = json.loads(summary.read_text(encoding="utf-8")) if summary.is_file() else None

    @property
    def status(self):
        return self.summary["status"] if self.summary else "killed"

    def setting(self, name):
        """The value of an option, or of "scenario"; None where the run has no such option."""
        return self.experiment["scenario"] if name == "scenario" else self.options.get(name)

    def __getattr__(self, name):
        if name not in TABLES:
            raise AttributeError(f"a run has no '{name}'; tables are {', '.join(TABLES)}")
        path = self.folder / TABLES[name]
        if not path.is_file():
            raise FileNotFoundError(f"{path}: not written by this run (docs/results.md says when it is)")
        table = read_table(path)
        setattr(self, name, table)
        return table

    def curve(self, y="test_accuracy_mean", x="sim_time_max_s"):
        """Two lists, of the rounds in which y was measured."""
        rows = _rows(self.rounds)
        pairs = [(row[x], row[y]) for row in rows if not _is_missing(row[y])]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def time_to(self, accuracy, x="sim_time_max_s"):
        """The first x at which the mean accuracy is reached; None where it never is."""
        metric = self.experiment.get("metric", "accuracy")
        if metric != "accuracy":
            raise ValueError(f"{self.folder}: its metric is {metric}, so there is no accuracy to reach")
        for at, value in zip(*self.curve(x=x)):
            if value >= accuracy:
                return at
        return None

    def __repr__(self):
        return f"Run({str(self.folder)!r}, {self.status})"


class Sweep:
    """The runs of a sweep, or the variants of a scenario that compares.

    `table` is sweep.csv or comparison.csv, `runs` are those whose folders are there.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        tables = [name for name in TABLES_OF_RUNS if (self.folder / name).is_file()]
        if not tables:
            raise FileNotFoundError(f"{self.folder}: holds neither {' nor '.join(TABLES_OF_RUNS)}, so it is no sweep's "
                                    "folder and no comparison's")
        self.table = read_table(self.folder / tables[0])
        names = [str(row[TABLES_OF_RUNS[tables[0]]]) for row in _rows(self.table)]
        self.runs = [Run(self.folder / name, name) for name in names
                     if (self.folder / name / "experiment.json").is_file()]

    def varying(self):
        """Names of the options that differ between runs, the folder and threads apart; scenarios may differ, too."""
        apart = {"out", "workers", "quiet", "overwrite"}
        # In the order in which the runs have them: one of another scenario or version may have others.
        names = dict.fromkeys(["scenario", *(name for run in self.runs for name in run.options)])
        return [name for name in names if name not in apart
                and len({json.dumps(run.setting(name)) for run in self.runs}) > 1]

    def long(self, metrics=("test_accuracy_mean", "test_loss_mean", "train_loss_mean")):
        """Every figure of every round in long form: run, options that vary, round, time, metric, value."""
        varying = self.varying()
        rows = []
        for run in self.runs:
            settings = {name: run.setting(name) for name in varying}
            for row in _rows(run.rounds):
                for metric in metrics:
                    if not _is_missing(row.get(metric)):
                        rows.append({"run": run.name, **settings, "round": row["round"],
                                     "time_s": row["sim_time_max_s"], "bytes": row["bytes_sent"],
                                     "metric": metric, "value": row[metric]})
        pandas = _pandas()
        return pandas.DataFrame(rows) if pandas is not None else rows


def read(folder):
    """The run whose results are in a folder."""
    return Run(folder)


def read_sweep(folder):
    """The sweep, or the comparison of a scenario `compare-...`, whose results are in a folder."""
    return Sweep(folder)


def to_parquet(results, folder):
    """Writes each table of a run, or table and long form of a sweep, as a Parquet file; returns the paths.

    Needs pandas and an engine of its, pyarrow or fastparquet, of which pandas takes the one that is there.
    """
    pandas = _pandas()
    if pandas is None:
        raise ImportError("to_parquet needs pandas (Debian: python3-pandas)")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(results, Sweep):
        tables = {"sweep": results.table, "rounds": results.long()}
    else:
        tables = {name: getattr(results, name) for name, file in TABLES.items()
                  if (results.folder / file).is_file()}
    paths = []
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        table.to_parquet(path)
        paths.append(path)
    return paths


def _rows(table):
    """A table as dictionaries, whichever form it has."""
    return table if isinstance(table, list) else table.to_dict("records")


def _is_missing(value):
    return value is None or value != value
