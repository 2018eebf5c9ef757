#!/usr/bin/env bash
# Builds the ns-3 module in a folder with Debian 13 (trixie), whose ns-3 is newer than this machine's,
# as C++20 and C++23 (its headers are beyond C++17), and runs its tests there.  With the word `whole`, the whole project:
# builds it, runs quickstart and the quick tests.  Needs root.
# `./murmur test trixie` installs what it needs.  The folder and the builds stay in build-trixie/, so
# that a second run compiles only what has changed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$root/build-trixie
folder=$work/root
jobs=${MURMUR_JOBS:-$(nproc)}

step() { echo "trixie: $*"; }

# within COMMAND: runs a shell command in the folder, where the repository is /murmuration, read-only,
# and this script's builds are below /builds.  The mounts are this process's own: they end with it, and
# nobody who removes the folder reaches the repository through them.
# shellcheck disable=SC2016  # expands inside
within() {
    unshare --mount --propagation private bash -euc '
        mount --bind "$1" "$0/murmuration"
        mount -o remount,bind,ro "$0/murmuration"
        mount -t proc proc "$0/proc"
        mount --rbind /dev "$0/dev"
        exec chroot "$0" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            JOBS="$2" bash -euc "$3"' "$folder" "$root" "$jobs" "$1"
}

make_folder() {
    step "making $folder by debootstrap"
    mkdir -p "$work"
    rm -rf "$folder.new"
    # The mirror that this machine's own packages come from, unless told another.
    local mirror
    mirror=${MURMUR_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
        grep -v security | sort -u | head -n 1)}
    debootstrap --variant=minbase trixie "$folder.new" "$mirror" \
        >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log" >&2; exit 1; }
    mkdir -p "$folder.new/murmuration" "$folder.new/builds"
    mv "$folder.new" "$folder"
}

((EUID == 0)) || { step "needs root: a folder with another Debian is entered by chroot" >&2 && exit 1; }
case ${1:-module} in
module | whole) ;;
*) step "module or whole, not '$1'" >&2 && exit 2 ;;
esac
[[ -d $folder ]] || make_folder

if [[ ${1:-module} == whole ]]; then
    # shellcheck disable=SC2016  # expands in the folder
    # The tree is copied, since ./murmur builds inside it, and what is there was built from it.
    step "building, running quickstart and testing the whole project"
    within '
        apt-get -q update >/dev/null
        mkdir -p /builds/tree
        tar -C /murmuration --exclude="./build*" --exclude=./results --exclude=./.git -cf - . |
            tar -C /builds/tree -xf -
        cd /builds/tree
        MURMUR_JOBS=$JOBS ./murmur run quickstart
        MURMUR_JOBS=$JOBS ./murmur test'
    exit
fi

step "installing what the module needs"
packages="g++ cmake ninja-build pkg-config libns3-dev ns3 libgsl-dev libxml2-dev libsqlite3-dev"
within "dpkg-query -W $packages >/dev/null 2>&1 || {
    apt-get -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $packages
}" >"$work/packages.log" 2>&1 || { tail "$work/packages.log" >&2; exit 1; }
step "ns-3 $(within "dpkg-query -W -f='\${Version}' libns3-dev"), $(within 'g++ --version | head -n 1')"

for standard in 20 23; do
    step "building the module as C++$standard"
    within "cmake -S /murmuration/ns3-module -B /builds/module-$standard -G Ninja \
            -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_STANDARD=$standard -DMURMUR_WERROR=ON
        cmake --build /builds/module-$standard -j \$JOBS" >"$work/module-$standard.log" 2>&1 ||
        { grep -iA20 error "$work/module-$standard.log" | head -n 100 >&2; exit 1; }
    step "testing it"
    within "ctest --test-dir /builds/module-$standard --output-on-failure --no-tests=error -j \$JOBS"
done
step "all steps passed"
