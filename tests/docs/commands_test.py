#!/usr/bin/env python3
"""Runs the commands of the documents: commands_test.py REPOSITORY BUILD [PAGE...].

Of each page (default: README.md and docs/*.md) these count, in the order of the page: every line of a fenced
block without a language and of an indented block, and every `text` in its paragraphs that begins as a command
of a shell does, on one line or on two. Each is executed, page by page in a folder of its own; or commands.txt names
it with the reason why not, and where the reason is its length it is checked (`--check`) all the same: a run, and each
run of a sweep. A command that neither holds for is a failure, and so is a line of commands.txt that no
command needs. What is no command (data, messages, CMake) stands in blocks that say so: ```text.

Blocks marked `sh` are executed as a whole, whatever is in them. With pages named, only such blocks
are, which is quick for a page that is written for it. A command that fails within a pipe fails, and `(! command)` is
one that must be refused: exit code 2, one line on standard error, nothing on standard output.

Test cases that a page names (`x_test.cc`, "the case") must be there.
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
        [[ -z ${{MURMUR_CHECK_ONLY:-}} ]] || exec "$bin/sweep" "${{0%/*}}/check-only" "${{@:3}}"
        exec "$bin/sweep" "$bin/$2" "${{@:3}}" ;;
    compare | convert | report) exec "$bin/$1" "${{@:2}}" ;;
    import) exec "$bin/import-decentralizepy" "${{@:3}}" ;;
    *) exec {repository}/murmur "$@" ;;
esac
"""


# What a sweep runs in place of a scenario where only its checks are wanted: these are the scenario's own, and
# come before any run; a run ends at once, without results.
CHECK_ONLY = r"""#!/bin/bash
for argument; do
    case $argument in --check | --version) exec {program} "$@" ;; esac
done
"""

# What `(! command)` stands for. By `!` itself also a crash would do, and a program that is not there.
REFUSED = r"""
refused() {
    local code=0 lines
    env -- "$@" >refused.out 2>refused.err || code=$?
    cat refused.err >&2
    lines=$(wc -l <refused.err)
    [[ $code == 2 && $lines == 1 && ! -s refused.out ]] && return
    echo "not refused as it must be: exit code $code, $lines lines, of $*"
    return 1
}
"""

# How the commands of a shell begin, in these pages.
COMMAND = re.compile(
    r"([A-Z][A-Z0-9_]*=\S+ )*(\./murmur|\./ns3|build\S*/bin/\S+|cmake|ctest|ninja|mpirun|srun|sbatch|ln|cp|mkdir|apt-get"
    r"|grep|ccache|perf|valgrind|python3|pip)( |$)"
)


def commands_of(text):
    """Returns what a page says to run, in its order: (is a whole sh block, the text of it)."""
    found, paragraph, block = [], [], []
    language = None
    previous_blank = True

    def end_of_paragraph():
        found.extend((False, one) for one in inline_commands("\n".join(paragraph)))
        paragraph.clear()

    def end_of_block():
        found.extend((False, one) for one in lines_of("\n".join(block)))
        block.clear()

    for line in text.splitlines():
        fence = re.match(r"```(\w*)", line)
        if fence and language is None:
            end_of_paragraph()
            end_of_block()
            language = fence[1]
        elif fence:
            if language == "sh":
                found.append((True, "\n".join(block)))
                block.clear()
            elif language:
                block.clear()
            end_of_block()
            language = None
        elif language is not None:
            block.append(line)
        elif line.startswith("    ") and line.strip() and (previous_blank or block):
            end_of_paragraph()
            block.append(line[4:])
        else:
            end_of_block()
            # Code ends within its paragraph, and within its row of a table.
            if not line.strip() or line.startswith(("|", "#", "- ")):
                end_of_paragraph()
            paragraph.append(line)
        previous_blank = not line.strip()
    end_of_paragraph()
    end_of_block()
    return found


def lines_of(block):
    """The commands of a block, lines joined where they go on, without remarks and rows of tables."""
    joined = re.sub(r"\\\n\s*", "", block)
    lines = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("|")]


def inline_commands(paragraph):
    texts = (" ".join(text.split()) for text in re.findall(r"(?<!`)`([^`]+)`(?!`)", paragraph))
    return [text for text in texts if " " in text and COMMAND.match(text)]


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
    if re.search(r"(?m)^\s*! ", script):
        raise ValueError(f"bash goes on behind a '!' that succeeds; write (! command): {script}")
    script = REFUSED + script.replace("(! ", "(refused ")
    return subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def check_itself():
    """Returns which scripts end otherwise than those of a page should."""
    with tempfile.TemporaryDirectory() as folder:
        bad = ["false | cat", "(! true)", "(! false)", "(! no-such-program)", "(! bash -c 'kill -SEGV $$')"]
        bad += ["(! bash -c 'exit 2')", "(! bash -c 'echo a >&2; echo b >&2; exit 2')", "(! bash -c 'echo a; exit 2')"]
        good = ["(! bash -c 'echo why >&2; exit 2')", "(! WHY=so bash -c 'echo $WHY >&2; exit 2' 2> said)\ngrep so said"]
        failures = [f"commands_test.py lets pass: {script}" for script in bad if run(script, folder).returncode == 0]
        failures += [f"commands_test.py refuses: {script}" for script in good if run(script, folder).returncode != 0]
    return failures


def missing_cases(repository, page):
    """Returns the test cases that a page names and that are not in their file."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    failures = []
    for path, cases in re.findall(r'`([\w/]+_test\.cc)`, ("[^"]+"(?: and "[^"]+")*)', text):
        sources = list((repository / "tests").rglob(pathlib.Path(path).name))
        for case in re.findall(r'"([^"]+)"', cases):
            if not any(f'TEST_CASE("{case}")' in source.read_text(encoding="utf-8") for source in sources):
                failures.append(f"{page.name}: {path} has no case {case}")
    return failures


def write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)


def checked(text):
    """Returns the command that checks a long one without running it, and the exit codes that are right."""
    if re.search(r"\./murmur run ", text):
        return text + " --check", {0}
    if re.search(r"\./murmur sweep ", text):
        # 2: a run is refused; 1: the runs, which have not been, left nothing behind.
        return "MURMUR_CHECK_ONLY=yes " + text, {0, 1}
    raise ValueError(f"commands.txt: long, and neither a run nor a sweep: {text}")


def check_page(repository, build, page, exceptions):
    failures = []
    counts = {"run": 0, "checked": 0, "named": 0}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        write_program(
            pathlib.Path(folder) / "murmur",
            STAND_IN.format(build=shlex.quote(str(build)), repository=shlex.quote(str(repository))),
        )
        (pathlib.Path(folder) / "build").symlink_to(build)
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
            script, right = text, {0}
            if reason is not None:
                counts["checked"] += 1
                script, right = checked(text)
                if "sweep" in script:
                    program = build / "bin" / re.search(r"sweep (\S+)", script)[1]
                    stub = pathlib.Path(folder) / "check-only"
                    write_program(stub, CHECK_ONLY.format(program=shlex.quote(str(program))))
            else:
                counts["run"] += 1
            result = run(script, folder)
            if result.returncode not in right:
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
    failures = check_itself()
    for page in pages:
        failures += missing_cases(repository, page)
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
