#!/usr/bin/env python3
"""Parses reports of made-up runs as strict XML: well_formed_test.py REPORT_EXAMPLE.

Checks against a parser that is not ours that every tag is closed, every text escaped and every
chart drawn, for overlays on a circle, laid out by forces and too large to draw.
"""

import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}svg"
CHARTS = 13


def check(example: str, nodes: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([example, folder, str(nodes), str(rounds)], check=True)
        page = ElementTree.parse(pathlib.Path(folder) / "report.html")
    charts = page.findall(f".//{SVG}")
    assert len(charts) == CHARTS, f"{nodes} nodes: {len(charts)} charts, expected {CHARTS}"
    for chart in charts:
        assert chart.get("aria-label"), f"{nodes} nodes: a chart without a description"
        check_coordinates(chart)


def check_coordinates(chart: ElementTree.Element) -> None:
    """Every rectangle and circle has finite coordinates inside the chart."""
    left, top, width, height = (float(x) for x in chart.get("viewBox").split())
    for mark in chart.iter():
        x = mark.get("x") or mark.get("cx")
        y = mark.get("y") or mark.get("cy")
        if x is None or y is None:
            continue
        label = chart.get("aria-label")
        is_inside = left <= float(x) <= left + width and top <= float(y) <= top + height
        assert is_inside, f"{label}: {mark.attrib}"
        assert float(mark.get("height", 0)) >= 0 <= float(mark.get("width", 0)), f"{label}: size"


for size in [(1, 1), (2, 3), (16, 20), (64, 100), (200, 40), (300, 400), (1024, 10)]:
    check(sys.argv[1], *size)
