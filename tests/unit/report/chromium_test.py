#!/usr/bin/env python3
"""Renders a report and a comparison in headless Chromium: chromium_test.py REPORT_EXAMPLE REPORT COMPARE.

Fails if Chromium is missing, if it complains about a page, or if a chart is not in the document
that it built.
"""

import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]

CHART_TITLES = [
    "Accuracy against simulated time",
    "Loss against simulated time",
    "Accuracy against bytes",
    "Loss against bytes",
    "Accuracy against rounds",
    "Loss against rounds",
    "Final accuracy of each node",
    "Consensus distance",
    "Labels of each node’s samples",
    "Samples of each node",
    "Where each node’s time went",
    "Use of access links",
    "Link use over time",
    "The slowest message of each round",
    "Overlay",
]

COMPARISON_TITLES = [
    "Accuracy against simulated time",
    "Accuracy against bytes",
    "Accuracy against rounds",
    "Loss against simulated time",
    "Loss against bytes",
    "Loss against rounds",
    "Consensus distance against rounds",
]


def dump_document(chromium: str, page: pathlib.Path, profile: str) -> tuple[str, str]:
    """Returns the document as Chromium has it after loading, and what it wrote to its log."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--enable-logging=stderr", f"--user-data-dir={profile}", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    # Chromium keeps more than the profile at home, where a build machine's user may have no room.
    environment = {**os.environ, "HOME": profile, "XDG_CONFIG_HOME": profile}
    result = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=600, env=environment
    )
    assert result.returncode == 0, f"Chromium ended with {result.returncode}: {result.stderr}"
    return result.stdout, result.stderr


def write_data(run: pathlib.Path) -> None:
    """Gives each node samples of its own of each label, which the made-up run has none of."""
    counts = {(node, label): 1 + (3 * node + label * label) % 7 for node in range(64) for label in range(10)}
    lines = [f"{node},{label},{count}" for (node, label), count in counts.items()]
    (run / "labels.csv").write_text("\n".join(["node,label,samples", *lines]) + "\n", encoding="utf-8")
    path = run / "nodes.csv"
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["samples"] = sum(count for (node, _), count in counts.items() if node == int(row["node"]))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make_pages(folder: pathlib.Path, example: str, report: str, compare: str) -> None:
    """Writes two runs that differ in an option, their reports, and compare.html of both."""
    for name in ("a", "b"):
        run = folder / name
        subprocess.run([example, run, "64", "100"], check=True)
        write_data(run)
        subprocess.run([report, run], check=True, stdout=subprocess.DEVNULL)
    path = folder / "b/experiment.json"
    experiment = json.loads(path.read_text(encoding="utf-8"))
    experiment["options"]["lr"] = 0.5
    path.write_text(json.dumps(experiment), encoding="utf-8")
    subprocess.run([compare, folder], check=True, stdout=subprocess.DEVNULL)


def check(document: str, log: str, titles: list[str], texts: list[str]) -> None:
    # What pages do wrong, a refused load or a broken attribute, appears as a console message.
    complaints = [line for line in log.splitlines() if ":CONSOLE" in line]
    assert not complaints, f"Chromium complains: {complaints}"
    figures = re.findall(r"<figure.*?</figure>", document, re.DOTALL)
    for title in titles:
        figure = next((f for f in figures if f"<h3>{title}</h3>" in f), None)
        assert figure, f"no figure '{title}'"
        assert re.search(r"<svg.*<(path|rect|circle)", figure, re.DOTALL), f"no chart in '{title}'"
    for text in texts:
        assert text in document, f"no '{text}'"
    print(f"{len(figures)} figures, {len(document)} characters")


def main() -> None:
    example, report, compare = sys.argv[1:]
    found = filter(None, map(shutil.which, BROWSERS))
    chromium = next(found, None)
    if chromium is None:
        sys.exit("report-in-chromium: Chromium was not found; install it: apt-get install chromium")
    # Helpers of Chromium may still write into the profile while it is being removed.
    profiles = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with tempfile.TemporaryDirectory() as name, profiles as profile:
        folder = pathlib.Path(name)
        make_pages(folder, example, report, compare)
        page = dump_document(chromium, folder / "a/report.html", profile)
        check(*page, CHART_TITLES, ["<table", "dirichlet:0.1"])
        page = dump_document(chromium, folder / "compare.html", profile)
        check(*page, COMPARISON_TITLES, ["2 settings, 2 runs", "lr=0.5"])


main()
