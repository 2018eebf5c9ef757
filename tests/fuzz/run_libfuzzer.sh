#!/bin/sh
# Drives one target with libFuzzer: run_libfuzzer.sh PROGRAM TARGET FOLDER.  The corpus stays in the
# folder, so that a later run goes on from it; MURMUR_FUZZ_SECONDS says for how long (60).
set -e
folder=$3/$2
mkdir -p "$folder/corpus" "$folder/seeds"
exec "$1" "--target=$2" "--seeds=$folder/seeds" -max_total_time="${MURMUR_FUZZ_SECONDS:-60}" \
    -timeout=20 -malloc_limit_mb=64 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$folder/" "$folder/corpus" "$folder/seeds"
