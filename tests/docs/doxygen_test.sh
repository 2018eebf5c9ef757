#!/usr/bin/env bash
# Makes the HTML of the public headers as `./murmur docs` does: doxygen_test.sh REPOSITORY FOLDER.  A warning is
# an error (docs/Doxyfile), and so is a header of docs/cpp.md without a page. FOLDER is made anew, so that a build's docs
# stay as they are.
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
# public_headers: those of docs/cpp.md, a line each; one without a folder is in that of the one before.
# shellcheck disable=SC2016  # the backquotes are the page's
public_headers() {
    sed -n 's/^| \(`[^|]*`\) |.*/\1/p' docs/cpp.md | tr -d '` ' | tr , '\n' |
        awk '/\// { folder = $0; sub("[^/]*$", "", folder); print; next } { print folder $0 }'
}

# Each has a page, with what it declares and not its includes alone.
missing=0
while read -r header; do
    page=$(grep -lF "<title>Murmuration: $header File Reference</title>" "$folder"/html/*_8h.html) ||
        { echo "docs/cpp.md names $header, which has no page" && missing=1 && continue; }
    grep -q 'class="memItemRight"' "$page" || { echo "$page: declares nothing" && missing=1; }
done < <(public_headers)
exit "$missing"
