#!/usr/bin/env bash
# Builds this repository as a contrib module of Debian's ns-3 source tree, then runs D-PSGD and the
# module's test suites there, as a user of ns-3 would.  Fails if any step does.
# `./murmur test contrib` installs what it needs.  The tree stays in build-contrib/, so that a second
# run takes seconds.  Takes about 10 CPU minutes at first.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$root/build-contrib
jobs=${MURMUR_JOBS:-$(nproc)}

step() { echo "contrib: $*"; }

# deb_src_only FOLDER: writes this machine's own apt sources to FOLDER, as sources of source packages.
deb_src_only() {
    local file
    mkdir -p "$1/parts"
    : >"$1/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ ! -e $file ]] || sed -n 's/^deb[[:space:]]/deb-src /p' "$file" >>"$1/sources.list"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ ! -e $file ]] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/parts/$(basename "$file")"
    done
}

# private_apt WORDS...: apt-get with the lists and caches of a folder, not the machine's.
private_apt() {
    apt-get -q \
        -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/parts" \
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

fetch_ns3() {
    step "fetching Debian's source package of ns-3"
    apt=$(mktemp -d)
    trap 'rm -rf "$apt"' EXIT
    deb_src_only "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    # A third-party source without source packages is no obstacle.
    private_apt update || true
    (cd "$apt" && private_apt source --download-only ns3)
    rm -rf "$work/source.new"
    mkdir -p "$work"
    dpkg-source --no-check -x "$apt"/ns3_*.dsc "$work/source.new"
    mv "$work/source.new" "$work/source"
}

test_suites() {
    sed -n 's/.*TestSuite("\([^"]*\)".*/\1/p' "$root"/ns3-module/test/*.cc
}

[[ -d $work/source ]] || fetch_ns3
tree=$(echo "$work"/source/ns-3.*)
step "ns-3 is in $tree"
ln -sfn "$root" "$tree/contrib/murmuration"
cd "$tree"

# ./ns3 refuses to work for a user of the name root, and changes the ccache configuration.
unset USER
export CCACHE_CONFIGPATH=$work/ccache.conf

step "configuring"
./ns3 configure -G Ninja -d optimized --enable-tests --enable-examples \
    --enable-modules=murmuration --filter-module-examples-and-tests=murmuration
step "building"
# ./ns3 takes one job less than there are processors, whatever it is told: on two cores half of the
# speed.  It then finds everything built.
cmake --build cmake-cache -j "$jobs"
./ns3 build

step 'running "dpsgd --nodes=8 --rounds=2"'
rm -rf "$work/run"
./ns3 run "dpsgd --nodes=8 --rounds=2 --out=$work/run"
grep -Eq '"status": *"complete"' "$work/run/summary.json"

mapfile -t suites < <(test_suites)
((${#suites[@]})) || { step "ns3-module has no test suite" && exit 1; }
for suite in "${suites[@]}"; do
    step "test suite $suite"
    ./test.py --no-build -s "$suite"
done
step "all steps passed"
