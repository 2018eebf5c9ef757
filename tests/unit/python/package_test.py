"""The package tools/python/murmuration over a run and a sweep that its programs have just made.

package_test.py plain|pandas|parquet DPSGD SWEEP

`pandas` looks at what is handed to pandas for a Parquet file; `parquet`, which needs one of pandas' engines, reads one.
"""

import csv
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "python"))
kind, dpsgd, sweep_program = sys.argv[1], *(os.path.abspath(path) for path in sys.argv[2:4])
if kind == "pandas":
    try:
        import matplotlib
        import pandas
    except ImportError as error:
        print(f"skipped: the Python package with pandas and matplotlib ({error})")
        sys.exit(77)
    matplotlib.use("Agg")
elif kind == "parquet":
    try:
        import pandas
        pandas.io.parquet.get_engine("auto")
    except ImportError as error:
        print(f"skipped: Parquet files, pandas has neither pyarrow nor fastparquet ({str(error).splitlines()[0]})")
        sys.exit(77)
else:
    sys.modules["pandas"] = None  # as if it were not there

import murmuration  # noqa: E402
from murmuration.results import _rows  # noqa: E402
from murmuration.tensorboard import crc32c  # noqa: E402

OPTIONS = {"nodes": 4, "topology": "ring", "model": "mlp:4", "dataset": "synthetic:train=80,test=40,size=8",
           "rounds": 3, "clock": "modelled:1ms", "network": "flow", "eval_every": 1}


def decode_events(path):
    """An independent reader of what TensorBoard reads: (step, time, tag, value) of each scalar."""
    data = path.read_bytes()
    events = []

    def varint(at):
        value, shift = 0, 0
        while True:
            byte = data[at]
            value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
            if byte < 0x80:
                return value, at

    def fields(at, end):
        while at < end:
            key, at = varint(at)
            if key & 7 == 0:
                value, at = varint(at)
            elif key & 7 == 1:
                value, at = struct.unpack_from("<d", data, at)[0], at + 8
            elif key & 7 == 5:
                value, at = struct.unpack_from("<f", data, at)[0], at + 4
            else:
                length, at = varint(at)
                value, at = (at, at + length), at + length
            yield key >> 3, value
        assert at == end

    def masked(part):
        crc = crc32c(part)
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == masked(data[at:at + 8])
        body = at + 12
        assert struct.unpack_from("<I", data, body + length)[0] == masked(data[body:body + length])
        event = dict(fields(body, body + length))
        if 5 in event:
            (_, value), = fields(*event[5])
            scalar = dict(fields(*value))
            tag = data[scalar[1][0]:scalar[1][1]].decode()
            events.append((event[2], event[1], tag, scalar[2]))
        at = body + length + 4
    return events


def check_run(folder):
    run = murmuration.run(dpsgd, out=folder / "run", **OPTIONS)
    assert run.status == "complete" and run.options["nodes"] == 4
    with open(folder / "run" / "rounds.csv", newline="", encoding="utf-8") as file:
        truth = list(csv.DictReader(file))
    rows = _rows(run.rounds)
    assert len(rows) == len(truth) == 4
    for row, line in zip(rows, truth):
        assert set(row) == set(line)
        assert row["bytes_sent"] == int(line["bytes_sent"])
        assert row["sim_time_max_s"] == float(line["sim_time_max_s"])
    times, accuracies = run.curve()
    best = max(accuracies)
    assert run.time_to(best) == times[accuracies.index(best)]
    assert run.time_to(1.1) is None
    assert len(_rows(run.nodes)) == 4 and len(_rows(run.metrics)) == 16
    assert sum(row["samples"] for row in _rows(run.labels)) == 80
    assert [(row["messages"], row["sent"]) for row in _rows(run.exchanges)] == [(2, 4 * 3)]
    # A table for each CSV file that is there, and no other.
    assert set(murmuration.results.TABLES.values()) >= {path.name for path in (folder / "run").glob("*.csv")}
    try:
        run.tables
        raise AssertionError("a run has no such table")
    except AttributeError as error:
        assert "rounds" in str(error)
    try:
        murmuration.run(dpsgd, out=folder / "bad", **{**OPTIONS, "topology": "rinng"})
        raise AssertionError("a bad option must not pass")
    except murmuration.RunFailed as error:
        assert error.code == 2 and "ring" in str(error) and error.run is None
    try:
        murmuration.read(folder)
        raise AssertionError("no run lies there")
    except FileNotFoundError as error:
        assert "experiment.json" in str(error)
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, and every table of CRCs
    events = decode_events(murmuration.to_tensorboard(run, folder / "events")[0])
    for row in rows:
        here = {tag: (time, value) for step, time, tag, value in events if step == row["round"]}
        assert here["bytes_sent"][0] == row["sim_time_max_s"]
        assert abs(here["test_loss_mean"][1] - row["test_loss_mean"]) < 1e-6 * row["test_loss_mean"]
    return run


def check_sweep(folder):
    words = [sweep_program, dpsgd, "--seed=1..3", "--topology=ring,full", f"--out={folder / 'sweep'}"]
    words += [f"--{name.replace('_', '-')}={{{value}}}" for name, value in OPTIONS.items() if name != "topology"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sweep = murmuration.read_sweep(folder / "sweep")
    assert len(sweep.runs) == 6 and sorted(sweep.varying()) == ["seed", "topology"]
    rows = [row for row in _rows(sweep.long()) if row["metric"] == "test_accuracy_mean"]
    assert len(rows) == 6 * 4
    first = sweep.runs[0]
    mine = [row["value"] for row in rows if row["run"] == first.name]
    assert mine == first.curve()[1]
    with open(folder / "sweep" / "sweep-summary.csv", newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            finals = [run.summary["mean_test_loss"] for run in sweep.runs if run.options["topology"] == line["topology"]]
            mean, half = murmuration.plots._mean_and_interval(finals)
            assert abs(mean - float(line["mean_test_loss_mean"])) < 1e-9 * mean
            assert 0 < half and abs(half - float(line["mean_test_loss_ci95"])) < 1e-5 * half
    # Beyond the table; Student's density integrated numerically.
    assert abs(murmuration.plots._t_quantile(21) - 2.079614) < 1e-5
    assert abs(murmuration.plots._t_quantile(100) - 1.983972) < 1e-5
    return sweep


def check_merged(folder):
    """Runs of two sweeps that have the same folders' names, in tables of a third folder."""
    words = [sweep_program, dpsgd, "--seed=1,2", "--topology=ring,full", "--lr=0.02", f"--out={folder / 'slow'}"]
    words += [f"--{name.replace('_', '-')}={{{value}}}" for name, value in OPTIONS.items() if name != "topology"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([sweep_program, "merge", folder / "sweep", folder / "slow", f"--out={folder / 'both'}"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    both = murmuration.read_sweep(folder / "both")
    assert len(both.runs) == 10 and sorted(both.varying()) == ["lr", "seed", "topology"]
    names = {run.name for run in both.runs}
    assert len(names) == 10 and "../slow/seed=1_topology=ring" in names
    assert {row["run"] for row in _rows(both.long())} == names
    assert len(murmuration.plots._groups(both.runs, None)) == 10
    paths = murmuration.to_tensorboard(both, folder / "events of both")
    assert len(set(paths)) == 10
    assert all((folder / "events of both").resolve() in path.resolve().parents for path in paths)


def check_comparison(folder):
    """The folder of a scenario that compares: two runs, and comparison.csv in the place of sweep.csv."""
    for name in ("ring", "full"):
        murmuration.run(dpsgd, out=folder / "comparison" / name, **{**OPTIONS, "topology": name})
    (folder / "comparison" / "comparison.csv").write_text("variant,status\nring,complete\nfull,complete\nnot-yet,failed\n")
    comparison = murmuration.read_sweep(folder / "comparison")
    assert [row["variant"] for row in _rows(comparison.table)] == ["ring", "full", "not-yet"]
    assert [run.name for run in comparison.runs] == ["ring", "full"] and comparison.varying() == ["topology"]
    assert {(row["run"], row["topology"]) for row in _rows(comparison.long())} == {("ring", "ring"), ("full", "full")}
    try:
        murmuration.read_sweep(folder)
        raise AssertionError("no sweep lies there")
    except FileNotFoundError as error:
        assert "sweep.csv" in str(error) and "comparison.csv" in str(error)


def check_what_is_written_as_parquet(run, sweep, folder):
    """Each table goes to pandas once, whole, for a file of its name; no engine is needed to see that."""
    written = {}
    real, pandas.DataFrame.to_parquet = pandas.DataFrame.to_parquet, lambda table, path: written.update({path: table})
    try:
        paths = murmuration.to_parquet(run, folder / "run")
        assert paths == list(written) and all(path.parent == folder / "run" and path.parent.is_dir() for path in paths)
        assert {path.stem.replace("_", "-") + ".csv" for path in paths} == {path.name for path in run.folder.glob("*.csv")}
        assert all(written[path] is getattr(run, path.stem) for path in paths)
        written.clear()
        paths = murmuration.to_parquet(sweep, folder / "sweep")
        assert paths == list(written) == [folder / "sweep" / "sweep.parquet", folder / "sweep" / "rounds.parquet"]
        assert written[paths[0]] is sweep.table and written[paths[1]].equals(sweep.long())
    finally:
        pandas.DataFrame.to_parquet = real


def check_parquet_files(run, sweep, folder):
    """What is read back is what was written, in its types."""
    for path in murmuration.to_parquet(run, folder / "run"):
        assert pandas.read_parquet(path).equals(getattr(run, path.stem)), path
    for path, table in zip(murmuration.to_parquet(sweep, folder / "sweep"), (sweep.table, sweep.long())):
        assert pandas.read_parquet(path).equals(table), path


def check_plots(run, sweep):
    axes = murmuration.plot_curves(sweep, by="topology", x="bytes")
    assert sorted(line.get_label() for line in axes.get_lines()) == ["full", "ring"]
    ring = [one for one in sweep.runs if one.options["topology"] == "ring"]
    line = next(line for line in axes.get_lines() if line.get_label() == "ring")
    means = [sum(values) / 3 for values in zip(*(one.curve()[1] for one in ring))]
    assert all(abs(a - b) < 1e-12 for a, b in zip(line.get_ydata(), means))
    assert len(axes.collections) == 2  # a band each
    axes = murmuration.plot_time_to_accuracy(sweep, accuracy=0.0, by="topology")
    assert [patch.get_height() for patch in axes.patches] == [0.0, 0.0]  # the start has it
    axes = murmuration.plot_bytes(run)
    assert [bar.get_height() for bar in axes.containers[0]] == [row["bytes_sent"] for row in _rows(run.nodes)]


with tempfile.TemporaryDirectory() as name:
    made = check_run(Path(name))
    all_runs = check_sweep(Path(name))
    if kind == "parquet":
        check_parquet_files(made, all_runs, Path(name) / "parquet")
    else:
        check_merged(Path(name))
        check_comparison(Path(name))
    if kind == "pandas":
        check_plots(made, all_runs)
        assert isinstance(made.rounds, pandas.DataFrame)
        check_what_is_written_as_parquet(made, all_runs, Path(name) / "parquet")
print("the Python package reads what our programs write")
