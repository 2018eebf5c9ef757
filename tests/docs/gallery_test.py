#!/usr/bin/env python3
"""Compares docs/gallery.md with the heads of the scenarios: gallery_test.py REPOSITORY.

Each scenario that git knows has its section: its first sentence, the command, its pictures, and what to expect, in the words
of its file. No section is of a scenario that is not there, and no picture of no section.
"""

import pathlib
import re
import subprocess
import sys

repository = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(repository / "tools/gallery"))
sys.dont_write_bytecode = True
import gallery  # noqa: E402


def scenarios():
    listed = subprocess.run(
        ["git", "-C", repository, "ls-files", "scenarios/*.cc"], capture_output=True, text=True, check=False
    )
    known = [repository / line for line in listed.stdout.splitlines()]
    return known or sorted((repository / "scenarios").glob("*.cc"))


def main():
    page = (repository / "docs/gallery.md").read_text(encoding="utf-8")
    sections = {text.split("\n", 1)[0]: text for text in re.split(r"(?m)^## ", page)[1:]}
    pictures = {path.name for path in (repository / "docs/gallery").glob("*.svg")}
    failures = []
    for source in scenarios():
        name = source.stem
        section = sections.pop(name, None)
        if section is None:
            failures.append(f"{name}: has no section")
            continue
        first, expect = gallery.remarks(source)
        wanted = [first, f"Expected: {expect}\n", f"    {gallery.command_line(name)}\n"]
        if name in gallery.FIGURES:
            wanted.append(gallery.FIGURES[name][3])
        for picture in gallery.pictures_of(name):
            wanted.append(f"(gallery/{picture})")
            pictures.discard(picture)
            if not (repository / "docs/gallery" / picture).exists():
                failures.append(f"{name}: no picture")
        failures += [f"{name}: the section lacks: {text}" for text in wanted if text not in section]
        if not expect:
            failures.append(f"{name}: says nothing of what to expect")
    failures += [f"{name}: a section of no scenario" for name in sections]
    failures += [f"{name}: a picture of no scenario" for name in sorted(pictures)]
    for failure in failures:
        print(f"gallery.md: {failure}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
