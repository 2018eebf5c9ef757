#!/usr/bin/env bash
# Builds a project that lies outside of the repository, as `./murmur new` writes it, in a path with a
# blank, and runs it: outside_test.sh package|source BUILD.  `package` installs BUILD and uses that;
# `source` takes the repository in by add_subdirectory, and checks that it brings no side effects.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
kind=$1
build=$2
home=$(mktemp -d "${TMPDIR:-/tmp}/murmur outside XXXXXX")
trap 'rm -rf "$home"' EXIT

"$root/murmur" new my-study "$home/my study"
case $kind in
package)
    cmake --install "$build" --prefix "$home/prefix" >"$home/install.log"
    options=(-DCMAKE_PREFIX_PATH="$home/prefix")
    # Libraries that were built with a sanitizer can be linked by nothing else.
    sanitize=$(sed -n 's/^MURMUR_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt")
    if [[ -n $sanitize ]]; then
        options+=(-DCMAKE_CXX_FLAGS="-fsanitize=$sanitize")
    fi
    # Nothing of the repository may be needed.
    if grep -rlF "$root" "$home/prefix" --include='*.cmake' --include='*.h'; then
        echo "the files above name the repository" >&2
        exit 1
    fi
    ;;
source)
    # The compiler cache and the flags of the repository's own build, so that it is compiled once.
    options=(-DMURMURATION_SOURCE="$root" -DCMAKE_BUILD_TYPE=RelWithDebInfo
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O3 -g1" -DMURMUR_WERROR=ON)
    if command -v ccache >/dev/null; then
        options+=("-DCMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache)")
        export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=true
    fi
    ;;
*)
    echo "outside_test.sh: package or source, not '$kind'" >&2
    exit 2
    ;;
esac

cmake -S "$home/my study" -B "$home/my build" -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "${options[@]}"
# Whoever uses the project keeps the flags of his own.
own=$(grep -F -- "my-study.cc.o -c" "$home/my build/compile_commands.json")
if grep -Eq -- ' -W(all|extra|error|no)' <<<"$own"; then
    echo "options of the repository reach a program outside of it: $own" >&2
    exit 1
fi
targets=$(cmake --build "$home/my build" --target help)
if grep -Eq '^(quickstart|determinism-test|sweep):' <<<"$targets"; then
    echo "scenarios, tools or tests of the repository are built by who includes it" >&2
    exit 1
fi
cmake --build "$home/my build" -j "${MURMUR_JOBS:-$(nproc)}"

cd "$home"
"my build/my-study" --rounds=8 --out=run
grep -q '"status": *"complete"' run/summary.json
grep -q '"program": *"my-study"' run/experiment.json
"my build/my-study" --help | grep -q -- --topology
"my build/my-study" --help=aggregation | grep -q 'trusting\[:scale=1\]'
# Its own parts are used, recorded and explained.
for own in dataset=two-moons model=radial optimizer=sign-descent protocol=pass-on; do
    grep -q "\"${own%=*}\": *\"${own#*=}\"" run/experiment.json
    "my build/my-study" "--help=${own%=*}" | grep -q "^  ${own#*=}"
done
"my build/my-study" --rounds=8 --protocol=dpsgd --aggregation=trusting:scale=100 \
    --sharing=every-other:parts=3 --codec=fixed-point:step=0.0001 --out=shared
for own in aggregation=trusting:scale=100 sharing=every-other:parts=3 codec=fixed-point:step=0.0001; do
    grep -q "\"${own%%=*}\": *\"${own#*=}\"" shared/experiment.json
    name=${own#*=}
    "my build/my-study" "--help=${own%%=*}" | grep -q "^  ${name%%:*}"
done
echo "a project outside of the repository is built against the $kind, and runs"
