#!/usr/bin/env bash
# Completion of ./murmur in bash, with the options of a built program: completion_test.sh BIN
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/murmur completion.XXXXXX")
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/build" "$home/scenarios"
ln -s "$1" "$home/build/bin"
touch "$home/scenarios/dpsgd.cc" "$home/scenarios/quickstart.cc"
eval "$("$root/murmur" completion)"
ln -s "$root/murmur" "$home/murmur"
MURMUR_ROOT=$home  # where completion looks for programs
export MURMUR_ROOT
failures=0

# check LINE EXPECTED...: the completions of a line are these words, or hold those behind '+'.
check() {
    COMP_LINE=$1
    COMP_POINT=${#1}
    _murmur 2>/dev/null || true
    local expected
    for expected in "${@:2}"; do
        [[ " ${COMPREPLY[*]} " == *" $expected "* ]] && continue
        echo "FAILED: '$1': expected '$expected' among '${COMPREPLY[*]}'"
        failures=$((failures + 1))
    done
}
check './murmur sw' sweep
commands=$("$root/murmur" help | grep -oE '^  (--)?[a-z]+' | sort -u)
(($(wc -w <<<"$commands") > 15)) || { echo "FAILED: help names '$commands'"; failures=$((failures + 1)); }
# shellcheck disable=SC2086
check './murmur ' $commands
check './murmur run ' dpsgd quickstart
check './murmur sweep m' merge
check './murmur run dpsgd --topo' --topology=
check './murmur run dpsgd --topology=r' ring regular
check './murmur run dpsgd --sharing=' full jwins top-k
check './murmur sweep dpsgd --seed=1..2 --netw' --network=
check './murmur run dpsgd --ver' --version
check './murmur test as' asan
[[ ${#COMPREPLY[@]} == 1 ]] || { echo "FAILED: more than asan"; failures=$((failures + 1)); }
check './murmur run nothing --topo'
[[ ${#COMPREPLY[@]} == 0 ]] || { echo "FAILED: options of no program"; failures=$((failures + 1)); }
((failures == 0)) || exit 1
echo "bash completes commands, scenarios, options and what they may name"
