#!/usr/bin/env python3
"""Runs the commands of the documents: commands_test.py REPOSITORY BUILD [PAGE...].

Of each page (default: README.md and docs/*.md) every `./murmur ...` counts: in fenced blocks, in indented
ones, in the text. It is executed, page by page in a folder of its own, in the order of the page; or
commands.txt names it with the reason why not, and then a run is still checked (`--check`) where the
reason is its length. A command that neither holds for is a failure, and so is a line of
commands.txt that no command needs.

Blocks marked `sh` are executed as a whole, whatever is in them. With pages named, only such blocks
are, which is quick for a page that is written for it.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

TIMEOUT_S = 1200

# What stands for ./murmur: the programs of the build, which is there and is not to be made again.
STAND_IN = r"""#!/bin/bash
set -eu
bin={build}/bin
case ${{1:-}} in
    run)
        name=$2
        [[ $name != whoever-is-there ]] || name=example-whoever_is_there
        exec "$bin/$name" "${{@:3}}" ;;
    sweep)
        [[ $2 != merge ]] || exec "$bin/sweep" "${{@:2}}"
        exec "$bin/sweep" "$bin/$2" "${{@:3}}" ;;
    compare | convert | report) exec "$bin/$1" "${{@:2}}" ;;
    import) exec "$bin/import-decentralizepy" "${{@:3}}" ;;
    *) exec {repository}/murmur "$@" ;;
esac
"""


def commands_of(text):
    """Returns what a page says to run, in its order: (is a whole sh block, the text of it)."""
    found = []
    language, block = None, []
    previous_blank = True
    for line in text.splitlines():
        fence = re.match(r"```(\w*)", line)
        if fence and language is None:
            language, block = fence[1], []
        elif fence:
            found += [(True, "\n".join(block))] if language == "sh" else lone_commands("\n".join(block))
            language = None
        elif language is not None:
            block.append(line)
        elif line.startswith("    ") and (previous_blank or block):
            block.append(line[4:])
            continue
        else:
            if block:
                found += lone_commands("\n".join(block))
                block = []
            found += [(False, one) for one in inline_commands(line)]
        if language is None:
            previous_blank = not line.strip()
            if not line.startswith("    "):
                block = []
    return found


def lone_commands(block):
    """The ./murmur commands of a block, lines joined where they go on, without remarks."""
    joined = re.sub(r"\\\n\s*", "", block)
    lines = (re.sub(r"\s+#.*$", "", line).strip() for line in joined.splitlines())
    return [(False, line) for line in lines if re.match(r"([A-Z_]+=\S+ )?\./murmur\b", line)]


def inline_commands(line):
    return [one for one in re.findall(r"`([^`]*)`", line) if re.match(r"([A-Z_]+=\S+ )?\./murmur ", one)]


class Exceptions:
    """commands.txt: REASON <tab> beginning of a command."""

    def __init__(self, path):
        lines = [line.rstrip("\n") for line in open(path, encoding="utf-8")]
        self.entries = [line.split("\t", 1) for line in lines if line and not line.startswith("#")]
        self.used = set()

    def reason(self, command):
        for reason, begin in self.entries:
            if command.startswith(begin):
                self.used.add(begin)
                return reason
        return None

    def unused(self):
        return [begin for _, begin in self.entries if begin not in self.used]


def run(script, folder):
    return subprocess.run(
        ["bash", "-eu", "-c", script], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S
    )


def check_page(repository, build, page, exceptions):
    failures = []
    counts = {"run": 0, "checked": 0, "named": 0}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stand_in = pathlib.Path(folder) / "murmur"
        stand_in.write_text(
            STAND_IN.format(build=shlex.quote(str(build)), repository=shlex.quote(str(repository)))
        )
        stand_in.chmod(0o755)
        for is_block, text in commands_of(page.read_text(encoding="utf-8")):
            if exceptions is None:
                if not is_block:
                    continue
                reason = None
            else:
                reason = exceptions.reason(text)
            if reason is not None and not reason.startswith("long"):
                counts["named"] += 1
                continue
            script = text
            if reason is not None:
                counts["checked"] += 1
                if not text.startswith("./murmur run "):
                    continue
                script = text + " --check"
            else:
                counts["run"] += 1
            result = run(script, folder)
            if result.returncode != 0:
                failures.append(
                    f"{page.name}: exit code {result.returncode} of\n{script}\n"
                    f"{result.stdout[-1500:]}{result.stderr[-1500:]}"
                )
    print(f"{page.name}: {counts['run']} run, {counts['checked']} long, {counts['named']} named", flush=True)
    return failures


def main():
    repository, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    os.environ["HOME"] = tempfile.gettempdir()
    named = [repository / page for page in sys.argv[3:]]
    exceptions = None if named else Exceptions(pathlib.Path(__file__).parent / "commands.txt")
    pages = named or [repository / "README.md", *sorted((repository / "docs").glob("*.md"))]
    failures = []
    for page in pages:
        failures += check_page(repository, build, page, exceptions)
    if exceptions:
        failures += [f"commands.txt: no command begins so: {begin}" for begin in exceptions.unused()]
    tutorial = repository / "docs/tutorial.md"
    code = (repository / "examples/whoever_is_there/whoever_is_there.cc").read_text(encoding="utf-8")
    if f"```cpp\n{code}```" not in tutorial.read_text(encoding="utf-8"):
        failures.append("tutorial.md: its protocol is not examples/whoever_is_there")
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
