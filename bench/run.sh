#!/usr/bin/env bash
# Runs both sides of the benchmark, one after the other, and prints their figures as a Markdown table.
#
#   bench/run.sh                  small sizes, about ten minutes
#   bench/run.sh --all            all sizes, about an hour and a half
#   bench/run.sh [--all] CASE...  some cases: load, run, events, partitions
#
# BENCH_TMP names a folder on a real disk for the databases; it defaults to the system's temporary folder.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version=1.13.27
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip show dagster 2>/dev/null | grep -qx "Version: $version" || .venv/bin/pip install --quiet "dagster==$version"
mkdir -p out
GOWORK=off go build -o out/ours ./ours

all=() cases=()
for word in "$@"; do
  if [ "$word" = --all ]; then all=(--all); else cases+=("$word"); fi
done
(cd dagster && ../.venv/bin/python bench.py "${all[@]}" "${cases[@]}" >../out/dagster.jsonl)
out/ours "${all[@]/--all/-all}" "${cases[@]}" >out/ours.jsonl
.venv/bin/python dagster/table.py out/dagster.jsonl out/ours.jsonl
