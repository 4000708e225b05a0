#!/usr/bin/env bash
# Changes the module's path, for example to a public path from which other modules fetch it:
#
#   scripts/rename-module.sh example.org/plenum
#
# It changes the go.mod files, the imports, and every other mention of the module's packages in
# tracked files: documents, scripts and test data. It commits nothing. `git diff` shows the
# changes, and `git checkout .` reverts them.
#
# Exit status: 0 renamed, 1 the work tree has changes, 2 bad argument.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { # status, message
	echo "rename-module: $2" >&2
	exit "$1"
}

check_path() {
	local why
	why=$(go mod edit -module "$new" -print go.mod 2>&1 >/dev/null) || die 2 "not a module path: ${why#go: }"
	[[ $new != "$old" ]] || die 2 "$old is the module's path already"
	[[ ${new%%/*} == *.* ]] || die 2 "$new: the go command fetches only paths that begin with a host's name, such as example.org/plenum"
}

# rename_in changes the files that standard input lists, one per line. It replaces the module's path
# before a slash and a folder with Go files, before /..., before a slash and a quote (a prefix in
# code), and after -replace=.
rename_in() {
	local from=${old//./\\.} folders
	folders=$(git ls-files '*.go' | cut -d/ -f1 | sort -u | paste -sd'|')
	xargs -d '\n' -r sed -E -i \
		-e "s#(^|[^A-Za-z0-9_./-])$from/(($folders)([^A-Za-z0-9_-]|\$)|\.\.\.|\")#\1$new/\2#g" \
		-e "s#(-replace=)$from=#\1$new=#g"
}

rename_modules() {
	local file module
	git ls-files 'go.mod' '*/go.mod' | while read -r file; do
		module=$(go mod edit -print "$file" | sed -n 's/^module //p')
		[[ $module == "$old" || $module == "$old"/* ]] || continue
		go mod edit -module "$new${module#"$old"}" "$file"
	done
}

(($# == 1)) && [[ -n $1 ]] || die 2 'want one argument, the new path: scripts/rename-module.sh example.org/plenum'
new=$1
old=$(go mod edit -print go.mod | sed -n 's/^module //p')
check_path
[[ -z $(git status --porcelain) ]] || die 1 'the work tree has changes: commit them first, so that git diff shows only the new path'

rename_modules
git grep -lIF "$old" -- ':!go.mod' ':!*/go.mod' | rename_in
arrows=cmd/plenum/testdata/arrows.txt # sorted, and the path is within its lines
LC_ALL=C sort -o "$arrows" "$arrows"
git diff --name-only -z -- '*.go' | xargs -0 -r gofmt -w
echo "The module is $new now. rooms/client/README.md and rooms/client/doc.go still say that its path is not public. Change them, run go vet ./... and commit."
