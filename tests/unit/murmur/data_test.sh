#!/usr/bin/env bash
# Tests of `./murmur data` with small archives, from files and from servers on this machine.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/murmur data.XXXXXX")
servers=()
trap 'for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$home"' EXIT
failures=0

# A project whose table names archives that are made here.
mkdir -p "$home"/{project/learning,mirror,bin,source/deep}
cp "$root/learning/download_data.sh" "$home/project/learning/"
printf '1\t1\t5\t0\n' >"$home/source/deep/u.data"
head -c 300000 /dev/urandom >"$home/source/deep/data_batch_1.bin"
echo notes >"$home/source/deep/readme.txt"
tar -C "$home/source" -czf "$home/mirror/images.tar.gz" deep
(cd "$home/source" && python3 -m zipfile -c "$home/mirror/ratings.zip" deep/)
head -c 5000 /dev/urandom >"$home/mirror/text.txt"

# row NAME USE FILE HOME MEMBERS: what is true of a file of the mirror.
row() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(stat -c %s "$home/mirror/$3")" \
        "$(sha256sum "$home/mirror/$3" | cut -d ' ' -f 1)" "$4" "$5"
}
{
    echo '# a comment'
    row images cifar10:DIR images.tar.gz "file://$home/nowhere" 'deep/*.bin'
    row ratings movielens:DIR ratings.zip "file://$home/mirror" deep/u.data
    row both text:DIR/text.txt text.txt "file://$home/mirror" -
    row both text:DIR/text.txt ratings.zip "file://$home/mirror" deep/u.data
} >"$home/project/learning/data_homes.tsv"

# data WORDS...: runs it; output and status are for the checks that follow.
data() {
    status=0
    output=$(cd "$home" && PATH="$home/bin:$PATH" ./project/learning/download_data.sh "$@" 2>&1) ||
        status=$?
}

# check WHAT ACTUAL EXPECTED: the text must contain what is expected; for a number, be equal.
check() {
    if [[ $3 =~ ^[0-9]+$ ]]; then [[ $2 == "$3" ]] && return; else [[ $2 == *"$3"* ]] && return; fi
    echo "FAILED: $1: expected '$3', got '$2'"
    failures=$((failures + 1))
}
# fails WHAT STATUS WORDS: the last call did, and said so.
fails() {
    check "exit code of $1" "$status" "$2"
    check "$1" "$output" "$3"
}
same() { check "$1" "$(cmp "$2" "$3" >/dev/null 2>&1 && echo same || echo different)" same; }
# content DIR: its files, hidden ones too.
content() { (cd "$1" && find . -type f | sort | paste -sd ' '); }

# serve FOLDER KIND: a server on a free port, its address in $address.  KIND is `plain` (Python's own,
# which cannot start in the middle of a file) or `ranges`, or `cuts`: breaks off after 4,000 bytes.
serve() {
    cat >"$home/server.py" <<'PY'
import http.server, os, sys

class Ranges(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        path = self.translate_path(self.path)
        start = int(self.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
        size = os.path.getsize(path)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        with open(path, "rb") as file:
            file.seek(start)
            self.wfile.write(file.read(4000 if sys.argv[2] == "cuts" else -1))
        self.close_connection = True
        with open(sys.argv[3] + ".starts", "a") as starts:
            starts.write(f"{start}\n")

os.chdir(sys.argv[1])
kind = http.server.SimpleHTTPRequestHandler if sys.argv[2] == "plain" else Ranges
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
with open(sys.argv[3] + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[3] + ".new", sys.argv[3])
server.serve_forever()
PY
    rm -f "$home/port" "$home/port.starts"
    python3 "$home/server.py" "$1" "$2" "$home/port" 2>/dev/null &
    servers+=($!)
    for _ in {1..100}; do
        [[ ! -e $home/port ]] || break
        sleep 0.1
    done
    address=http://127.0.0.1:$(<"$home/port")
}

data --help
check "status of --help" "$status" 0
check --help "$output" "There are: images ratings both"
data
fails "no dataset" 2 "no dataset ''; there are: images ratings both"
data imagenet out
fails "an unknown dataset" 2 "no dataset 'imagenet'; there are: images ratings both"
data images
fails "no folder" 2 "which folder? ./murmur data images DIR"
data images out more
fails "a word too many" 2 "one dataset and one folder, not 'more' besides"
data images out --form=x
fails "an unknown option" 2 "no option '--form=x'; allowed: --from=URL"
data ratings /proc/nowhere
fails "a folder that cannot be made" 1 "/proc/nowhere: cannot be written"
data images out
fails "a home that is gone" 1 "file://$home/nowhere/images.tar.gz: not there; --from=URL takes a mirror"
check "a failed download leaves nothing" "<$(content "$home/out")>" "<>"

data images out --from="file://$home/mirror"
check "status of a mirror" "$status" 0
check "a mirror" "$output" "size and SHA-256 are as published; use it as --dataset=cifar10:out"
same "an unpacked file" "$home/out/data_batch_1.bin" "$home/source/deep/data_batch_1.bin"
check "nothing else is unpacked" "<$(content "$home/out")>" "<./data_batch_1.bin ./images.sha256>"
data images out --from="file://$home/nowhere"
check "status of a second call" "$status" 0
check "a second call" "$output" "out holds images already; use it as --dataset=cifar10:out"
echo harm >>"$home/out/data_batch_1.bin"
data images out --from="file://$home/mirror"
same "a harmed file is replaced" "$home/out/data_batch_1.bin" "$home/source/deep/data_batch_1.bin"

data both many
check "status of two files" "$status" 0
same "a plain file" "$home/many/text.txt" "$home/mirror/text.txt"
same "a file out of a zip" "$home/many/u.data" "$home/source/deep/u.data"

mkdir "$home/bad"
cp "$home/mirror/text.txt" "$home/bad/ratings.zip"
truncate -s "$(stat -c %s "$home/mirror/ratings.zip")" "$home/bad/ratings.zip"
data ratings wrong --from="file://$home/bad"
fails "a wrong digest" 1 "ratings.zip: wrong SHA-256, got "
check "a wrong file is removed" "<$(content "$home/wrong")>" "<>"
head -c 100 "$home/mirror/ratings.zip" >"$home/bad/ratings.zip"
data ratings cut --from="file://$home/bad"
fails "a truncated file" 1 "ratings.zip: truncated, got 100 of "
data ratings cut
check "status of a resumed file" "$status" 0
same "a resumed file" "$home/cut/u.data" "$home/source/deep/u.data"
cat "$home/mirror/ratings.zip" "$home/mirror/text.txt" >"$home/bad/ratings.zip"
data ratings long --from="file://$home/bad"
fails "a file that is too long" 1 "ratings.zip: too long, got "

serve "$home/mirror" ranges
data images web --from="$address"
check "status of a server" "$status" 0
same "a file from a server" "$home/web/data_batch_1.bin" "$home/source/deep/data_batch_1.bin"
data images web2 --from="$address/nothing"
check "status of a missing file" "$status" 1

serve "$home/mirror" cuts
mkdir "$home/resumed"
data images resumed --from="$address"
fails "a connection that breaks off" 1 "of $(stat -c %s "$home/mirror/images.tar.gz") bytes"
kept=$(stat -c %s "$home/resumed/images.tar.gz.part")
check "what came is kept" "$((kept >= 4000))" 1
serve "$home/mirror" ranges
data images resumed --from="$address"
check "status of a resumed download" "$status" 0
check "it starts where it stopped" "$(paste -sd ' ' "$home/port.starts")" "$kept"
same "a resumed download" "$home/resumed/data_batch_1.bin" "$home/source/deep/data_batch_1.bin"

serve "$home/mirror" plain
data images plain --from="$address/nothing"
fails "a file that a server lacks" 1 "images.tar.gz: not there; --from=URL takes a mirror"
head -c 4000 "$home/mirror/images.tar.gz" >"$home/plain/images.tar.gz.part"
data images plain --from="$address"
check "status of a server without ranges" "$status" 0
check "a server without ranges" "$output" "cannot be resumed, starting again"
same "a download that began again" "$home/plain/data_batch_1.bin" "$home/source/deep/data_batch_1.bin"

kill "${servers[-1]}"
wait "${servers[-1]}" 2>/dev/null || true
data ratings gone --from="$address"
fails "a server that is gone" 1 "cannot be reached; --from=URL takes a mirror"

printf '#!/bin/bash\nprintf "Avail\\n1000\\n"\n' >"$home/bin/df"
chmod 755 "$home/bin/df"
data images full --from="file://$home/mirror"
fails "a full disk" 1 "bytes are needed, and 1000 are free"
rm "$home/bin/df"
# A disk that fills up meanwhile: no file may grow beyond 64 KiB.
status=0
output=$(cd "$home" && trap '' XFSZ && ulimit -f 64 &&
    ./project/learning/download_data.sh images filled --from="file://$home/mirror" 2>&1) || status=$?
fails "a disk that fills up" 1 "cannot be written, is the disk full?"
data images filled --from="file://$home/mirror"
check "status after room was made" "$status" 0
same "a download after room was made" "$home/filled/data_batch_1.bin" "$home/source/deep/data_batch_1.bin"

# The published table: seven columns, sizes and digests of the right form, no file without a home.
while IFS=$'\t' read -r name use file bytes sha256 url members; do
    [[ $name != \#* ]] || continue
    check "the row of $file" "$bytes $sha256 $url|$members" "$bytes $sha256 http"
    [[ $bytes =~ ^[1-9][0-9]*$ && $sha256 =~ ^[0-9a-f]{64}$ && $use == *:DIR* && -n $members ]] ||
        check "the row of $name $file" bad good
done <"$root/learning/data_homes.tsv"

((failures == 0)) || exit 1
echo "all checks passed"
