#!/usr/bin/env bash
# Runs every fuzz target in turn, each for the given time (10m) or number of inputs
# (20000x).
set -euo pipefail
cd "$(dirname "$0")/.."
time="${1:-20000x}"
git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | sort | while read -r file; do
	grep -o '^func Fuzz[A-Za-z0-9]*' "$file" | sed 's/func //' | while read -r target; do
		echo "fuzz: $target in $(dirname "$file") for $time"
		# Run in the folder itself, because it may belong to another module.
		(cd "$(dirname "$file")" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" .)
	done
done
