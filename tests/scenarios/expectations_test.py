#!/usr/bin/env python3
"""Checks what scenarios say to expect: expectations_test.py REPOSITORY BUILD SCENARIO...

Each scenario says in its head what to expect ("Expect: ..."); what of it are figures is checked here,
on a run of the scenario (of those that compare, with --quick; of some with OPTIONS beside, or twice).
"""

import csv
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile


class Results:
    """A scenario's folder: a run's, or one with a row of comparison.csv for each variant."""

    def __init__(self, folder):
        self.folder = folder
        summary = folder / "summary.json"
        self.summary = json.loads(summary.read_text()) if summary.exists() else None
        comparison = folder / "comparison.csv"
        self.variants = {}
        if comparison.exists():
            with open(comparison, encoding="utf-8") as file:
                self.variants = {row["variant"]: row for row in csv.DictReader(file)}

    def rows(self, file):
        """The rows of a table of the run, or of a variant: `rows("VARIANT/rounds.csv")`."""
        with open(self.folder / file, encoding="utf-8") as table:
            return list(csv.DictReader(table))

    def first_accuracy(self):
        return float(self.rows("rounds.csv")[0]["test_accuracy_mean"])

    def round_s(self):
        return self.summary["simulated_s"] / self.summary["rounds"]

    def number(self, variant, column):
        return float(self.variants[variant][column])

    def joules(self, variant):
        return json.loads((self.folder / variant / "summary.json").read_text())["joules"]

    def samples_learnt(self, variant):
        return int(self.rows(f"{variant}/rounds.csv")[-1]["samples_learnt"])

    def seconds_to(self, accuracy, variant):
        """When the mean accuracy is first reached, mean over the nodes; infinity where it never is."""
        for row in self.rows(f"{variant}/rounds.csv"):
            if row["test_accuracy_mean"] and float(row["test_accuracy_mean"]) >= accuracy:
                return float(row["sim_time_mean_s"])
        return math.inf

    def consensus_distance(self, variant="."):
        return float(self.rows(f"{variant}/rounds.csv")[-1]["consensus_distance"])


def quickstart(run):
    yield "accuracy begins near 10 %", 0.05 < run.first_accuracy() < 0.17
    yield "accuracy ends at about 30 %", 0.25 < run.summary["mean_test_accuracy"] < 0.36


def csma_lans(run):
    yield "accuracy ends above 40 %", run.summary["mean_test_accuracy"] > 0.4
    yield "a round takes about 0.8 s", 0.6 < run.round_s() < 1.0
    # Node i is on segment i mod 3; a network of the program's own has no links to measure.
    seconds = {True: [], False: []}
    slowest = {}
    for row in run.rows("messages.csv"):
        crosses = int(row["from"]) % 3 != int(row["to"]) % 3
        took = float(row["ended_s"]) - float(row["sent_s"])
        seconds[crosses].append(took)
        slowest[row["round"]] = max(slowest.get(row["round"], (0, crosses)), (took, crosses))
    within, across = (statistics.median(seconds[crosses]) for crosses in (False, True))
    yield "messages across routers take longer by far than the two latencies", across > 4 * within + 0.02
    yield "the slowest message of each round is one of them", all(crosses for _, crosses in slowest.values())


def wifi_adhoc(run):
    yield "accuracy ends above 40 %", run.summary["mean_test_accuracy"] > 0.4
    yield "a round takes about 1.4 s", 1.1 < run.round_s() < 1.7


def compare_topologies(run):
    names = list(run.variants)
    ring, regular, full, dynamic = (next(n for n in names if word in n) for word in ("ring", "regular", "full", "dynamic"))
    accuracy = [run.number(n, "test_accuracy") for n in (ring, regular, full)]
    yield "the denser, the higher the accuracy", accuracy == sorted(accuracy)
    yield "the denser, the longer the rounds", run.number(ring, "simulated_s") < run.number(full, "simulated_s")
    yield "dynamic learns nearly as well as full", run.number(dynamic, "test_accuracy") > accuracy[2] - 0.05


def compare_sparsification(run):
    full, *sparse = run.variants
    yield "full models win at equal rounds, but JWINS may come as far", all(
        run.number(full, "test_accuracy") >= run.number(one, "test_accuracy") - (0.03 if one == "jwins" else 0.01)
        for one in sparse
    )
    random = run.number("random", "test_accuracy")
    yield "memory of what was not sent beats a random choice", all(
        run.number(one, "test_accuracy") > random for one in sparse if one != "random"
    )
    yield "sparse ones send a fraction", all(
        run.number(one, "bytes_sent") < 0.3 * run.number(full, "bytes_sent") for one in sparse
    )


def compare_secure(run):
    for plain, secure in (("plain", "secure"), ("plain-dynamic", "secure-dynamic")):
        difference = abs(run.number(plain, "test_accuracy") - run.number(secure, "test_accuracy"))
        yield f"{secure}: the same accuracy", difference < 0.02
        yield f"{secure}: hardly more bytes", run.number(secure, "bytes_sent") < 1.05 * run.number(plain, "bytes_sent")


def compare_skiptrain(run):
    skip = "skiptrain"
    share = run.joules(skip) / run.joules("dpsgd")
    yield "about half of the energy", 0.4 < share < 0.7
    yield "as accurate, or more", run.number(skip, "test_accuracy") > run.number("dpsgd", "test_accuracy") - 0.02


def compare_divshare(run):
    ad_psgd, divshare = (run.seconds_to(0.5, name) for name in ("ad-psgd", "divshare"))
    yield "AD-PSGD waits for whole models: to 50 % it takes longer by half at least", ad_psgd > 1.5 * divshare
    options = json.loads((run.folder / "divshare/experiment.json").read_text())["options"]
    training_s = options["rounds"] * options["local-steps"] * options["batch-size"] * 0.010  # --clock=modelled:10ms
    yield "DivShare never waits: its time is that of its training", run.number("divshare", "simulated_s") < 1.05 * training_s


def compare_robust(run):
    accuracy = {name: run.number(name, "test_accuracy") for name in run.variants}
    distance = {name: run.consensus_distance(name) for name in run.variants}
    yield "with the mean models part", distance["mean"] > 1000 * distance["mean-honest"]
    yield "and learn little", accuracy["mean"] < accuracy["mean-honest"] - 0.1
    for name in ("cs-plus", "gts"):
        yield f"{name} holds models together", distance[name] < 20 * distance["mean-honest"]
        yield f"{name} costs little accuracy", accuracy[name] > accuracy["mean-honest"] - 0.1
    yield "with the rule of He et al. models are farther apart than with CS+", (
        distance["cs-plus"] < distance["clipped-gossip-he"] < distance["mean"]
    )


def compare_peak(run):
    diloco, streaming, four_bits = (run.number(name, "peak_bps") for name in ("diloco", "streaming", "four-bits"))
    yield "the fullest moment falls by the number of fragments", 3 < diloco / streaming < 5
    yield "and by eight again with values of 4 bits", 6 < streaming / four_bits < 9
    loss = [run.number(name, "test_loss") for name in ("diloco", "streaming", "four-bits")]
    yield "the loss is nearly that of DiLoCo", max(loss) < 1.15 * loss[0]
    yield "nobody waits", run.number("streaming", "simulated_s") < 0.75 * run.number("diloco", "simulated_s")


def compare_churn(run):
    accuracy = {name: run.number(name, "test_accuracy") for name in run.variants}
    lost = {name: accuracy[name] - accuracy[f"{name}-churn"] for name in ("full", "jwins")}
    yield "both lose accuracy", min(lost.values()) > 0
    yield "JWINS loses no more than whole models do", lost["jwins"] < lost["full"] + 0.02


def diloco_wan(run):
    rates = ("10Mbps", "100Mbps", "1Gbps", "10Gbps")
    for rate in rates:
        ddp, diloco, streaming = (f"{name}-{rate}" for name in ("ddp", "diloco", "streaming"))
        sent = {one: run.number(one, "bytes_sent") for one in (ddp, diloco, streaming)}
        yield f"{rate}: DiLoCo sends a fraction of DDP's bytes", sent[diloco] < 0.2 * sent[ddp]
        yield f"{rate}: streaming sends what DiLoCo does", abs(sent[streaming] / sent[diloco] - 1) < 0.1
        times = [run.number(name, "simulated_s") for name in (streaming, diloco, ddp)]
        yield f"{rate}: DDP waits most, streaming least", times == sorted(times)
    ddp = [run.number(f"ddp-{rate}", "simulated_s") for rate in rates]
    yield "DDP waits for bytes on slow links, for latencies on fast ones", ddp[0] > 1.5 * ddp[1] and ddp[3] > 0.8 * ddp[2]
    for name in ("ddp", "diloco", "noloco", "streaming"):
        whole, failing = f"{name}-100Mbps", f"{name}-100Mbps-failures"
        yield f"{failing}: goes on to the end", run.variants[failing]["status"] == "complete"
        share = run.samples_learnt(failing) / run.samples_learnt(whole)
        yield f"{failing}: what the failed would have learnt is lost, and no more", 0.7 < share <= 1


def wan_1024(run):
    distances = [float(row["consensus_distance"]) for row in run.rows("rounds.csv")]
    yield "models stay close: no farther after six rounds than after three, by a tenth", distances[6] < 1.1 * distances[3]
    yield "a new overlay mixes better than a fixed one", 2 * distances[6] < run.beside.consensus_distance()


def ten_thousand(run):
    yield "three rounds of 51,200 messages", run.summary["messages"] == 3 * 51200


CHECKS = {
    "quickstart": quickstart,
    "csma-lans": csma_lans,
    "wifi-adhoc": wifi_adhoc,
    "compare-topologies": compare_topologies,
    "compare-sparsification": compare_sparsification,
    "compare-secure": compare_secure,
    "compare-skiptrain": compare_skiptrain,
    "compare-divshare": compare_divshare,
    "compare-robust": compare_robust,
    "compare-peak": compare_peak,
    "compare-churn": compare_churn,
    "diloco-wan": diloco_wan,
    "ten-thousand": ten_thousand,
    "wan-1024": wan_1024,
}
# What a scenario is run with, so that it can be seen or takes seconds; and for a second run, `beside`, on top of that.
OPTIONS = {
    "csma-lans": ["--messages=true"],
    "wan-1024": ["--rounds=6", "--eval-every=1", "--model=mlp:16"],
}
BESIDE = {"wan-1024": ["--topology=regular:5"]}
# What these say to expect has no figure, or takes minutes: tests of their own look at it.
UNCHECKED = {
    "dpsgd": "every choice an option",
    "wan-10k": "several ranks of 5 GB, minutes a round; docs/scale.md has what it took",
    "hundred-thousand": "200 s of CPU, 4 GB; its figure, messages for each edge and round, is that of ten-thousand",
    "compare-stragglers": "tests/theory/stragglers_test.cc",
}


def scenarios_of(repository):
    """The scenarios that git knows; where there is no history, all. A file of the reader's is none of ours."""
    listed = subprocess.run(
        ["git", "-C", repository, "ls-files", "scenarios/*.cc"], capture_output=True, text=True, check=False
    )
    known = [repository / line for line in listed.stdout.splitlines()]
    return known or sorted((repository / "scenarios").glob("*.cc"))


def run_scenario(build, name, options, folder):
    """Runs a scenario; returns what went wrong, or nothing."""
    quick = ["--quick"] if name.startswith("compare-") or name == "diloco-wan" else []
    command = [str(build / "bin" / name), f"--out={folder}", "--quiet", *quick, *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    return "" if result.returncode == 0 else f"{name}: exit code {result.returncode}\n{result.stderr[-800:]}"


def main():
    repository, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    failures = []
    for source in scenarios_of(repository):
        if "// Expect:" not in source.read_text(encoding="utf-8"):
            failures.append(f"{source.stem}: says nothing of what to expect")
        if (source.stem in CHECKS) == (source.stem in UNCHECKED):
            failures.append(f"{source.stem}: must be in one of CHECKS and UNCHECKED, and is in neither or both")
    for name in sys.argv[3:] or CHECKS:
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            error = run_scenario(build, name, OPTIONS.get(name, []), out / "out")
            if not error and name in BESIDE:
                error = run_scenario(build, name, OPTIONS.get(name, []) + BESIDE[name], out / "beside")
            if error:
                failures.append(error)
                continue
            results = Results(out / "out")
            results.beside = Results(out / "beside") if name in BESIDE else None
            for what, holds in CHECKS[name](results):
                print(f"{name}: {what}: {'yes' if holds else 'NO'}", flush=True)
                if not holds:
                    failures.append(f"{name}: {what}: not so\n{results.variants or results.summary}")
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
