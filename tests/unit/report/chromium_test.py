#!/usr/bin/env python3
"""Renders a report in headless Chromium: chromium_test.py REPORT_EXAMPLE.

Fails if Chromium is missing, if it complains about the page, or if a chart is not in the document
that it built.
"""

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
    "Final accuracy of each node",
    "Consensus distance",
    "Where each node’s time went",
    "Use of access links",
    "Link use over time",
    "The slowest message of each round",
    "Overlay",
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


def main() -> None:
    (example,) = sys.argv[1:]
    found = filter(None, map(shutil.which, BROWSERS))
    chromium = next(found, None)
    if chromium is None:
        sys.exit("report-in-chromium: Chromium was not found; install it: apt-get install chromium")
    # Helpers of Chromium may still write into the profile while it is being removed.
    profiles = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with tempfile.TemporaryDirectory() as folder, profiles as profile:
        subprocess.run([example, folder, "64", "100"], check=True)
        document, log = dump_document(chromium, pathlib.Path(folder) / "report.html", profile)
    # What pages do wrong, a refused load or a broken attribute, appears as a console message.
    complaints = [line for line in log.splitlines() if ":CONSOLE" in line]
    assert not complaints, f"Chromium complains: {complaints}"
    figures = re.findall(r"<figure.*?</figure>", document, re.DOTALL)
    for title in CHART_TITLES:
        figure = next((f for f in figures if f"<h3>{title}</h3>" in f), None)
        assert figure, f"no figure '{title}'"
        assert re.search(r"<svg.*<(path|rect|circle)", figure, re.DOTALL), f"no chart in '{title}'"
    assert "<table" in document and "dirichlet:0.1" in document, "no table or no options"
    print(f"{len(figures)} figures, {len(document)} characters")


main()
