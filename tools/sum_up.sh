#!/bin/sh
# Write dist/SHA256SUMS anew, for all files that lie there. Builds may run side by side: each waits for the other here.
# A signature of other sums goes.
set -eu
cd "$(dirname "$0")/../dist"
exec 9<.
flock 9
for file in *; do
    case $file in
    SHA256SUMS*) ;;
    *) [ ! -f "$file" ] || sha256sum "$file" ;;
    esac
done >SHA256SUMS.new
cmp -s SHA256SUMS.new SHA256SUMS || rm -f SHA256SUMS.asc
mv SHA256SUMS.new SHA256SUMS
cat SHA256SUMS
