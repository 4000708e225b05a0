#!/usr/bin/env bash
# Fuzzes every fuzz target for the time or the number of inputs given (10m, 20000x), one
# after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
time="${1:-20000x}"
git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | sort | while read -r file; do
	grep -o '^func Fuzz[A-Za-z0-9]*' "$file" | sed 's/func //' | while read -r target; do
		echo "fuzz: $target in $(dirname "$file") for $time"
		# From the folder itself: it may be of another module.
		(cd "$(dirname "$file")" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" .)
	done
done
