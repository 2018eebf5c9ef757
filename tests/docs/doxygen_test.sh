#!/usr/bin/env bash
# Makes the HTML of the public headers as `./murmur docs` does: doxygen_test.sh REPOSITORY FOLDER.  A warning is
# an error (docs/Doxyfile). FOLDER is made anew, so that a build's docs stay as they are.
set -euo pipefail

repository=$1 folder=$2
command -v doxygen >/dev/null || { echo "doxygen is missing: ./murmur setup installs it" && exit 1; }
rm -rf "$folder"
mkdir -p "$folder"
cd "$repository"
{
    cat docs/Doxyfile
    printf 'OUTPUT_DIRECTORY = "%s"\n' "$folder"
} | doxygen -
# A page for what every program begins with, or the settings read no header.
grep -q 'ExperimentOptions' "$folder"/html/annotated.html
