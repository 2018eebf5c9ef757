#!/usr/bin/env python3
"""Makes docs/gallery.md and a picture for each scenario: gallery.py REPOSITORY BUILD RESULTS [NAME...].

Runs every scenario whose results are not in RESULTS/NAME yet (those that compare with --quick), takes a
chart out of its page, and writes docs/gallery/NAME.svg, which stands on its own in a light and in a
dark page, and docs/gallery.md around the pictures. With names, the sections of other scenarios stay
as they are. `./murmur gallery` builds and calls it.
"""

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
}
# Options beside the scenario's own, so that a picture takes minutes and not an hour.
OPTIONS = {"dpsgd": ["--nodes=16", "--model=mlp:32", "--clock=modelled:2ms"], "wan-1024": ["--rounds=4", "--eval-every=1"]}


# Scenarios without a picture of their own, and why.
WITHOUT = {"wan-10k": "It is `wan-1024` with ten times the nodes; `docs/scale.md` says what a round takes."}


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


def run(program, name, folder):
    command = [str(program), f"--out={folder}", "--quiet", *OPTIONS.get(name, [])]
    if name.startswith("compare-") or name == "diloco-wan":
        command.append("--quick")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def command_line(name):
    quick = ["--quick"] if name.startswith("compare-") or name == "diloco-wan" else []
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
        if name in WITHOUT:
            first, expect = remarks(source)
            page += [f"## {name}", "", first, "", WITHOUT[name], ""]
            page += [f"Expected: {expect}", ""] if expect else []
            continue
        folder = results / name
        made = folder / ("compare.html" if name.startswith("compare-") or name == "diloco-wan" else "report.html")
        if not made.exists():
            print(f"{name} runs", flush=True)
            run(build / "bin" / name, name, folder)
        text = made.read_text(encoding="utf-8")
        style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
        title, svg, caption = chart_of(text, CHARTS.get(name))
        (pictures / f"{name}.svg").write_text(standing_alone(svg, style), encoding="utf-8")
        first, expect = remarks(source)
        page += [f"## {name}", "", first, "", f"    {command_line(name)}", ""]
        page += [f"![{title}](gallery/{name}.svg)", "", f"*{title}.* {result_line(folder)}{caption}", ""]
        page += [f"Expected: {expect}", ""] if expect else []
    written.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
