#!/bin/sh
# Write dist/SHA256SUMS anew, for all packages that lie there. Builds may run side by side: each waits for the other here.
set -eu
cd "$(dirname "$0")/../dist"
exec 9<.
flock 9
for package in *.deb *.rpm *.whl; do
    [ ! -e "$package" ] || sha256sum "$package"
done >SHA256SUMS.new
mv SHA256SUMS.new SHA256SUMS
cat SHA256SUMS
