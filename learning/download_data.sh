#!/usr/bin/env bash
# Downloads a public dataset, proves that it is whole, and unpacks it: what `./murmur data` runs.
# data_homes.tsv, beside this file, says what there is.  A download that was cut is resumed by the
# next call; nothing but proven files ever bears its final name.
set -euo pipefail

table=$(dirname "${BASH_SOURCE[0]}")/data_homes.tsv

say() { echo "murmur: data: $*" >&2; }

# die STATUS WORDS...: 2 for a wrong request, 1 for what went wrong while serving a right one.
die() {
    say "${@:2}"
    exit "$1"
}

names() { awk -F '\t' '!/^#/ && !seen[$1]++ {print $1}' "$table" | paste -sd ' '; }

usage() {
    cat <<HELP
usage: ./murmur data NAME DIR [--from=URL]

Downloads a dataset into DIR, verifies its size and SHA-256, and unpacks it.  --from=URL takes its
files from a mirror instead of its home: https://..., http://... or file:///folder

There are: $(names)
Those of LEAF (femnist, shakespeare, celeba, reddit, sent140) are made by LEAF's own scripts.
HELP
}

# bytes_of FILE: its size, 0 where there is none.
bytes_of() { stat -c %s "$1" 2>/dev/null || echo 0; }

# require_space DIR BYTES: refuses what could only fill the disk.
require_space() {
    local free
    free=$(df --output=avail -B1 "$1" | tail -n 1 | tr -d ' ')
    ((free >= $2)) || die 1 "$1: $2 bytes are needed, and $free are free"
}

# fetch URL PART BYTES: completes PART; curl goes on where an earlier call stopped.
fetch() {
    local url=$1 part=$2 bytes=$3 status=0
    if (($(bytes_of "$part") > bytes)); then
        rm -f "$part"
    fi
    (($(bytes_of "$part") < bytes)) || return 0
    local curl=(curl --fail --location --silent --show-error --retry 3 --connect-timeout 30)
    [[ ! -t 2 ]] || curl=(curl --fail --location --progress-bar --retry 3 --connect-timeout 30)
    # A mirror in a folder may have blanks in its name, a URL may not.
    "${curl[@]}" --continue-at - --output "$part" "${url// /%20}" || status=$?
    # 33: a server that cannot start in the middle; 36: a file that ended before.
    if ((status == 33 || status == 36)); then
        say "$url cannot be resumed, starting again"
        rm -f "$part"
        status=0
        "${curl[@]}" --output "$part" "${url// /%20}" || status=$?
    fi
    case $status in
    0) ;;
    6 | 7) die 1 "$url: cannot be reached; --from=URL takes a mirror" ;;
    22 | 37 | 78) die 1 "$url: not there; --from=URL takes a mirror" ;;
    23) die 1 "$part: cannot be written, is the disk full? What is there is kept; call again to resume" ;;
    *) die 1 "$url: interrupted after $(bytes_of "$part") of $bytes bytes (curl: $status); call again to resume" ;;
    esac
}

# verify PART NAME BYTES SHA256
verify() {
    local got digest
    got=$(bytes_of "$1")
    ((got >= $3)) || die 1 "$2: truncated, got $got of $3 bytes; call again to resume"
    if ((got > $3)); then
        rm -f "$1"
        die 1 "$2: too long, got $got bytes, allowed $3; removed"
    fi
    digest=$(sha256sum "$1" | cut -d ' ' -f 1)
    if [[ $digest != "$4" ]]; then
        rm -f "$1"
        die 1 "$2: wrong SHA-256, got $digest, allowed $4; removed"
    fi
}

# unpack ARCHIVE NAME MEMBERS FOLDER: the members, without their folders.
unpack() {
    case $2 in
    *.tar.gz) tar -xzf "$1" -C "$4" --no-same-owner --wildcards --transform='s|.*/||' "$3" ;;
    *.zip) unzip -q -o -j "$1" "$3" -d "$4" ;;
    *) die 1 "$2: no way to unpack this is known" ;;
    esac
}

# is_complete DIR NAME: all files of an earlier call are there and unharmed.
is_complete() {
    [[ -e $1/$2.sha256 ]] && (cd "$1" && sha256sum --check --status "$2.sha256")
}

main() {
    local name='' dir='' from='' word
    for word; do
        case $word in
        --help | -h)
            usage
            exit 0
            ;;
        --from=?*) from=${word#--from=} ;;
        -*) die 2 "no option '$word'; allowed: --from=URL" ;;
        *)
            if [[ -z $name ]]; then
                name=$word
            elif [[ -z $dir ]]; then
                dir=$word
            else
                die 2 "one dataset and one folder, not '$word' besides"
            fi
            ;;
        esac
    done
    local rows
    mapfile -t rows < <(awk -F '\t' -v name="$name" '!/^#/ && $1 == name' "$table")
    ((${#rows[@]})) || die 2 "no dataset '$name'; there are: $(names)"
    [[ -n $dir ]] || die 2 "which folder? ./murmur data $name DIR"
    mkdir -p "$dir" 2>/dev/null && [[ -w $dir ]] || die 1 "$dir: cannot be written"

    local use file bytes sha256 home members total=0 row
    IFS=$'\t' read -r _ use _ <<<"${rows[0]}"
    if is_complete "$dir" "$name"; then
        say "$dir holds $name already; use it as --dataset=${use/DIR/$dir}"
        return
    fi
    for row in "${rows[@]}"; do
        IFS=$'\t' read -r _ _ _ bytes _ <<<"$row"
        total=$((total + bytes))
    done
    # An archive and what comes out of it.
    require_space "$dir" $((3 * total))

    local fresh=$dir/.$name.new
    rm -rf "$fresh"
    mkdir "$fresh"
    for row in "${rows[@]}"; do
        IFS=$'\t' read -r _ _ file bytes sha256 home members <<<"$row"
        say "$file, $bytes bytes, from ${from:-$home}"
        fetch "${from:-$home}/$file" "$dir/$file.part" "$bytes"
        verify "$dir/$file.part" "$file" "$bytes" "$sha256"
        if [[ $members == - ]]; then
            mv "$dir/$file.part" "$fresh/$file"
        else
            unpack "$dir/$file.part" "$file" "$members" "$fresh" ||
                die 1 "$file: cannot be unpacked into $dir; is the disk full?"
            rm -f "$dir/$file.part"
        fi
    done
    (cd "$fresh" && sha256sum -- *) >"$dir/.$name.sha256"
    mv -f "$fresh"/* "$dir"
    mv -f "$dir/.$name.sha256" "$dir/$name.sha256"
    rmdir "$fresh"
    say "size and SHA-256 are as published; use it as --dataset=${use/DIR/$dir}"
}

main "$@"
