#!/usr/bin/env python3
"""Makes docs/gallery.md and a picture or two for each scenario: gallery.py REPOSITORY BUILD RESULTS [NAME...].

Runs every scenario whose results are not in RESULTS/NAME yet (those that compare with --quick), takes a
chart out of its page, and writes docs/gallery/NAME.svg, which stands on its own in a light and in a
dark page, and docs/gallery.md around the pictures. With names, the sections of other scenarios stay
as they are. `./murmur gallery` builds and calls it.
"""

import csv
import html
import json
import pathlib
import re
import subprocess
import sys

# The chart that shows what a scenario is about; by default the first of the page.
CHARTS = {
    "compare-sparsification": "Accuracy against bytes",
    "compare-skiptrain": "Accuracy against energy",
    "compare-robust": "Accuracy against rounds",
    "ten-thousand": "Where each node’s time went",
    "wifi-adhoc": "The slowest message of each round",
    "csma-lans": "Where each node’s time went",
    "wan-1024": "Consensus distance",
    "wan-10k": "Consensus distance",
    "compare-peak": "Link use over time",
}
# Variants whose own pages have the chart, where the page that compares has none of it.
VARIANTS = {"compare-peak": ["diloco", "streaming"]}
# What no chart shows: a column of comparison.csv, its unit and what it is.
FIGURES = {"compare-peak": ("peak_bps", 1e6, "Mb/s", "What a link carries in the fullest moment, `peak_bps` of `comparison.csv`")}
# Options beside the scenario's own, so that a picture takes a minute or two and not an hour.
OPTIONS = {
    "dpsgd": ["--nodes=16", "--model=mlp:32", "--clock=modelled:2ms"],
    "wan-1024": ["--rounds=4", "--eval-every=1"],
    "wan-10k": ["--model=mlp:16", "--eval-every=1"],
}


def remarks(source):
    """Returns the first sentence of a scenario's head, and what it says to expect."""
    lines = []
    for line in source.read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        if "SPDX" not in line:
            lines.append(line[2:].strip())
    text = "\n".join(lines)
    # It ends with its paragraph, or where the list of what is cited begins.
    expect = re.search(r"Expect: (.*?)(?:\n\n|\n- |\Z)", text, re.DOTALL)
    first = re.split(r"\n\n", text)[0].replace("\n", " ")
    return first, re.sub(r"\s+", " ", expect[1]) if expect else ""


def chart_of(page, title):
    """Returns the svg element of the figure with a title, or of the first one."""
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    with_title = [figure for figure in figures if title and f"<h3>{html.escape(title)}</h3>" in figure]
    figure = (with_title or figures)[0]
    return (
        html.unescape(re.search(r"<h3>(.*?)</h3>", figure, re.DOTALL)[1]),
        re.search(r"<svg.*?</svg>", figure, re.DOTALL)[0],
        html.unescape(re.search(r"<figcaption>(.*?)</figcaption>", figure, re.DOTALL)[1]),
    )


def standing_alone(svg, style):
    """Returns a chart with the style of its page, on the color of a card."""
    rules = style.replace("body{", "nothing{").replace("main{", "nothing{")
    end = svg.index(">") + 1
    left, top, width, height = map(float, re.search(r'viewBox="([^"]*)"', svg)[1].split())
    # A margin around what was laid out to the edge of a card.
    left, top, width, height = left - 14, top - 10, width + 28, height + 20
    head = re.sub(r'viewBox="[^"]*"', f'viewBox="{left:g} {top:g} {width:g} {height:g}"', svg[:end])
    back = f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" style="fill:var(--card)"/>'
    return f"{head}<style>{rules}</style>{back}{svg[end:]}\n"


def is_comparison(name):
    return name.startswith("compare-") or name == "diloco-wan"


def pictures_of(name):
    """Returns the files of a scenario's pictures, each with the page in its results that has the chart."""
    if name in VARIANTS:
        return {f"{name}-{variant}.svg": f"{variant}/report.html" for variant in VARIANTS[name]}
    return {f"{name}.svg": "compare.html" if is_comparison(name) else "report.html"}


def figures_line(name, folder):
    if name not in FIGURES:
        return ""
    column, factor, unit, what = FIGURES[name]
    with open(folder / "comparison.csv", encoding="utf-8") as file:
        values = [f"{row['variant']} {float(row[column]) / factor:.3g} {unit}" for row in csv.DictReader(file)]
    return f"{what}: {', '.join(values)}."


def run(program, name, folder):
    command = [str(program), f"--out={folder}", "--quiet", *OPTIONS.get(name, [])]
    if is_comparison(name):
        command.append("--quick")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def command_line(name):
    quick = ["--quick"] if is_comparison(name) else []
    return " ".join(["./murmur run", name, *OPTIONS.get(name, []), *quick])


def result_line(folder):
    summary = folder / "summary.json"
    if not summary.exists():
        return ""
    figures = json.loads(summary.read_text(encoding="utf-8"))
    parts = [f"{figures['nodes']} nodes", f"{figures['simulated_s']:.4g} simulated seconds"]
    if figures.get("mean_test_accuracy") is not None:
        parts.append(f"{100 * figures['mean_test_accuracy']:.1f} % mean accuracy")
    return ", ".join(parts) + f"; {figures['wall_s']:.0f} s of real time. "


def main():
    repository, build, results = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
    pictures = repository / "docs/gallery"
    chosen = sys.argv[4:]
    written = repository / "docs/gallery.md"
    former = {}
    if chosen:
        former = {text.split("\n", 1)[0]: text for text in re.split(r"(?m)^## ", written.read_text(encoding="utf-8"))[1:]}
    pictures.mkdir(exist_ok=True)
    page = [
        "# Gallery",
        "",
        "A picture for each scenario, by `./murmur gallery`: it runs those whose results are not there yet, takes a chart out of",
        "each page, and writes this one.",
        "",
    ]
    for source in sorted((repository / "scenarios").glob("*.cc")):
        name = source.stem
        if chosen and name not in chosen and name in former:
            page += [f"## {former[name].rstrip()}", ""]
            continue
        if not (build / "bin" / name).exists():
            continue  # a file that somebody has put there and not built
        folder = results / name
        if not (folder / ("compare.html" if is_comparison(name) else "report.html")).exists():
            print(f"{name} runs", flush=True)
            run(build / "bin" / name, name, folder)
        first, expect = remarks(source)
        page += [f"## {name}", "", first, "", f"    {command_line(name)}", ""]
        for picture, made in pictures_of(name).items():
            text = (folder / made).read_text(encoding="utf-8")
            style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
            title, svg, caption = chart_of(text, CHARTS.get(name))
            (pictures / picture).write_text(standing_alone(svg, style), encoding="utf-8")
            of = f", {pathlib.Path(made).parent}" if name in VARIANTS else ""
            page += [f"![{title}{of}](gallery/{picture})", "", f"*{title}{of}.* {result_line(folder)}{caption}", ""]
        figures = figures_line(name, folder)
        page += [figures, ""] if figures else []
        page += [f"Expected: {expect}", ""] if expect else []
    written.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
