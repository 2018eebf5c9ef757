#!/usr/bin/env bash
# Tests of ./murmur against stand-ins for apt, CMake and CTest that only note how they were called.
# shellcheck disable=SC2016  # what is quoted expands in the stand-ins
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/murmur test.XXXXXX")  # with a blank, as people have them
trap 'rm -rf "$home"' EXIT
chmod 755 "$home"
failures=0

# A project with two scenarios, built by the stand-ins.
mkdir -p "$home"/{bin,project/scenarios,project/tests/support}
cp "$root/murmur" "$home/project/"
printf '// SPDX-License-Identifier: GPL-2.0-only\n// Trains a little.\n// More.\n' \
    >"$home/project/scenarios/quickstart.cc"
printf '// Trains a lot.\n' >"$home/project/scenarios/dpsgd.cc"
echo 'set(MURMUR_VERSION 1.2.3)' >"$home/project/CMakeLists.txt"

stand_in() {
    printf '#!/bin/bash\n%s\n' "$2" >"$home/bin/$1"
    chmod 755 "$home/bin/$1"
}
stand_in dpkg-query 'shift 2; for p; do [[ " $LACKING " == *" $p "* ]] || echo "$p installed"; done'
stand_in apt-get 'echo "apt-get $*" >>"$CALLS"; touch "$MURMUR_DPKG_STATUS"'
stand_in ccache 'echo "${CCACHE_DIR:-$CACHE}"'
stand_in ctest 'echo "ctest $*" >>"$CALLS"
mkdir -p build/Testing/Temporary
printf "passed\nskipped: dataset: no such data\n" >build/Testing/Temporary/LastTest.log
exit ${CTEST_STATUS:-0}'
# Configuring leaves build.ninja, building leaves programs that tell their arguments.
stand_in cmake 'echo "cmake $*" >>"$CALLS"
if [[ $1 == --build ]]; then
    ! command -v ccache >/dev/null || echo "cache $(ccache)" >>"$CALLS"
    [[ -z $BROKEN ]] || { printf "%s\n" "$BROKEN"; exit 1; }
    mkdir -p "$2/bin"
    for p in quickstart dpsgd sweep report bench-step; do
        printf "#!/bin/bash\necho $p \"\$@\"; exit 7\n" >"$2/bin/$p" && chmod 755 "$2/bin/$p"
    done
    cat >"$2/bin/import-decentralizepy" <<"END"
#!/bin/bash
[[ $1 == --lines ]] || { echo import-decentralizepy "$@"; exit 3; }
echo "reads $*" >&2
[[ -n $IMPORT_STATUS ]] || printf "%s\n" --nodes=4 "--out=two words"
exit ${IMPORT_STATUS:-0}
END
    chmod 755 "$2/bin/import-decentralizepy"
else
    touch build/build.ninja build/CMakeCache.txt
fi'

# murmur WORDS...: runs it; output, status and calls are for the checks that follow.
murmur() {
    : >"$home/calls"
    chmod 666 "$home/calls"
    status=0
    output=$(cd "$home/project" && env -u MURMUR_PRESET PATH="$home/bin:${TOOLS:-/usr/bin:/bin}" TMPDIR="$home" \
        CALLS="$home/calls" MURMUR_DPKG_STATUS="$home/status" CACHE="${CACHE:-$home/cache}" LACKING="${LACKING:-}" BROKEN="${BROKEN:-}" MURMUR_JOBS=3 \
        "${as_user[@]}" ./murmur "$@" 2>&1 </dev/null) || status=$?
    calls=$(<"$home/calls")
}
as_user=()

# check WHAT ACTUAL EXPECTED: the text must contain what is expected; for a number, be equal.
check() {
    if [[ $3 =~ ^[0-9]+$ ]]; then [[ $2 == "$3" ]] && return; else [[ $2 == *"$3"* ]] && return; fi
    echo "FAILED: $1: expected '$3', got '$2'"
    failures=$((failures + 1))
}
check_status() { check "exit code of $1" "$status" "$2"; }

murmur help
check_status help 0
check help "$output" "usage: ./murmur COMMAND"
murmur dance
check_status "an unknown command" 2
check "an unknown command" "$output" "no command 'dance'; './murmur help' lists them"
murmur run
check_status "run without a scenario" 2
check "run without a scenario" "$output" "run: which scenario? There are: dpsgd quickstart"
murmur run quick
check_status "run of an unknown scenario" 2
check "run of an unknown scenario" "$output" "run: no scenario 'quick'; there are: dpsgd quickstart"
check "run of an unknown scenario builds nothing" "none$calls" "none"

murmur list
check list "$output" "quickstart       Trains a little."
check list "$output" "dpsgd            Trains a lot."

murmur run quickstart --nodes=4 "two words"
check_status "run, which is the scenario's" 7
check run "$output" "quickstart --nodes=4 two words"
check run "$calls" "cmake -S $home/project --preset default"
check run "$calls" "cmake --build $home/project/build -j 3 --target quickstart"
murmur run quickstart
check "what is configured is not configured again" "none${calls%%cmake*}$calls" "nonecmake --build"
touch -d "1 minute" "$home/status"
murmur run quickstart
check "new packages are looked for" "$calls" "cmake -S $home/project --preset default"
rm "$home/status"
murmur report runs/1 runs/2
check report "$output" "report runs/1 runs/2"
check "report builds its program" "$calls" "--target murmur-report-cli"
murmur report
check_status "a report of nothing" 2
check "a report of nothing" "$output" "report: which folder? ./murmur report DIR..."
murmur --version
check_status --version 0
check --version "$output" "murmuration 1.2.3"
cp "$home/project/scenarios/dpsgd.cc" "$home/project/scenarios/mine.cc"
murmur list
check "list of a new scenario" "$output" "mine             Trains a lot."
rm "$home/project/scenarios/mine.cc"
stand_in mpirun 'echo mpirun "$@"'
murmur run quickstart --ranks=3 --nodes=4
check "run on ranks" "$output" "-n 3 $home/project/build/bin/quickstart --nodes=4"
murmur run quickstart --ranks=1 --nodes=4
check "run on one rank" "$output" "quickstart --nodes=4"
murmur run quickstart --ranks=2 --nodes=4 --ranks=3
check_status "ranks given twice" 2
check "ranks given twice" "$output" "run: --ranks: got 2 3, allowed once"
murmur run quickstart --ranks 2
check_status "ranks without a number" 2
check "ranks without a number" "$output" "run: --ranks is not of the form --ranks=N"
murmur run quickstart --ranks=
check_status "ranks of no number" 2
check "ranks of no number" "$output" "run: --ranks: got '', allowed 1 to 9999"
murmur sweep quickstart --seed=1..3
check sweep "$output" "sweep $home/project/build/bin/quickstart --seed=1..3"
murmur bench step --fast
check bench "$output" "bench-step --fast"
murmur bench stop
check_status "an unknown benchmark" 2
check "an unknown benchmark" "$output" "bench: no benchmark 'stop'; there are: step"

murmur import decentralizepy "two words.ini" -is 80
check_status "import, which is its program's" 3
check import "$output" "import-decentralizepy two words.ini -is 80"
check "import builds its program" "$calls" "--target import-decentralizepy"
check "import builds no scenario" "none${calls/--target dpsgd/}" "none$calls"
murmur import decentralizepy config.ini --run -is 80
check_status "import --run, which is the scenario's" 7
check "import --run" "$output" "reads --lines config.ini -is 80"
check "import --run" "$output" "dpsgd --nodes=4 --out=two words"
check "import --run builds both" "${calls//$'\n'/ }" "--target import-decentralizepy"
check "import --run builds both" "${calls//$'\n'/ }" "--target dpsgd"
IMPORT_STATUS=2 murmur import decentralizepy config.ini --run
check_status "import --run of what is refused" 2
check "import --run of what is refused runs nothing" "none${output/dpsgd/}" "none$output"
murmur import decentralizepy --help --run
check_status "help of import" 3
check "help of import" "$output" "import-decentralizepy --help"
check "help of import runs nothing" "none${output/dpsgd/}" "none$output"
murmur import
check_status "import from nowhere" 2
check "import from nowhere" "$output" "import: from where? There is: decentralizepy"

mkdir "$home/project/learning"
stand_in ../project/learning/download_data.sh 'echo "downloads $*"; exit 5'
murmur data mnist "two words" --from=file:///x
check_status "data, which is the downloader's" 5
check data "$output" "downloads mnist two words --from=file:///x"
check "data builds nothing" "none$calls" "none"

murmur test
check test "$calls" "--no-tests=error -j $(nproc) -LE ^(slow|contrib)$"
check "what did not run" "$output" "murmur: 1 cases were not run:
    dataset: no such data"
check_status "tests that pass" 0
CTEST_STATUS=8 murmur test
check_status "tests that fail" 8
check "what did not run where tests fail" "$output" "dataset: no such data"
murmur test slow
check "test slow" "$calls" "-L ^slow$"
murmur test transport
check "test of a name" "$calls" "-R transport"
murmur test fuzz
check "test fuzz" "$calls" "cmake -S $home/project --preset fuzz"
check "test fuzz builds what it needs" "$calls" "cmake --build $home/project/build-fuzz -j 3 --target fuzz"
murmur test one two
check_status "test of two filters" 2

BROKEN="ninja: error: no semicolon" murmur build
check_status "a broken build" 1
check "a broken build" "$output" "error: no semicolon"
BROKEN="[1/3] Building good.o
FAILED: bad.o
/usr/bin/c++ -DLONG -Icommand -c mine.cc
mine.cc:3:1: error: expected semicolon
    3 | }
[2/3] Building other.o
other.cc:1:1: warning: of no interest
ninja: build stopped: subcommand failed." murmur build
check "what the compiler says" "$output" "mine.cc:3:1: error: expected semicolon
    3 | }"
check "nothing but that" "${output//-DLONG/}${output//warning: of no interest/}" "$output$output"

murmur build
check "a build with room for ccache" "$calls" "cache $home/cache"
CACHE=/proc/none murmur build
check "a build without a home" "$calls" "cache $home/project/build/ccache"

# Packages.  Only root (the default of CI) gets as far as installing.
LACKING="zlib1g-dev g++" murmur setup
if ((EUID == 0)); then
    check_status setup 0
    check setup "$output" "missing Debian packages: g++ zlib1g-dev"
    check setup "$calls" "apt-get update"
    check setup "$calls" "apt-get install -y --no-install-recommends g++ zlib1g-dev"
    murmur build
    LACKING=libsimgrid-dev murmur bench step
    check "a benchmark without peers installs none" "none$calls" "nonecmake --build"
    LACKING=libsimgrid-dev murmur bench flow-speed
    check "a benchmark with peers" "$calls" "apt-get install -y --no-install-recommends libsimgrid-dev"
    check "a benchmark whose peers are new" "$calls" "cmake -S $home/project --preset default"
    LACKING=unzip murmur data mnist here
    check "data installs its own packages" "$calls" "--no-install-recommends unzip"
    LACKING="chromium unzip" murmur setup
    check "setup installs the tests' packages as well" "$calls" \
        "--no-install-recommends chromium unzip"
    LACKING=ccache murmur build
    check "a build installs ccache" "$calls" "--no-install-recommends ccache"
    LACKING=chromium murmur test
    check "test installs its own packages" "$calls" "--no-install-recommends chromium"
    LACKING=libclang-rt-dev murmur test fuzz
    check "test fuzz installs libFuzzer" "$calls" "--no-install-recommends libclang-rt-dev"
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
stand_in sudo 'exit 1'
# A machine without ccache, for a user who may not install it.
mkdir "$home/tools"
ln -s /usr/bin/* "$home/tools"
rm -f "$home/bin/ccache" "$home/tools/ccache"
if ((EUID != 0 || ${#as_user[@]})); then
    rm -r "$home/project/build"
    chmod -R a+rwX "$home/project"
    TOOLS=$home/tools LACKING=ccache murmur run quickstart
    check_status "a build without ccache, and without the right to install it" 7
    check "a build without ccache installs nothing" "none${calls%%cmake*}" none
fi
LACKING="zlib1g-dev g++" murmur setup
check_status "setup without the right to install" 1
check "setup without the right to install" "$output" \
    "apt-get update && apt-get install -y --no-install-recommends g++ zlib1g-dev"

((failures == 0)) || exit 1
echo "all checks passed"
