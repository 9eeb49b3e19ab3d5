#!/bin/sh
# Build dist/pamsignal_VERSION_all.deb in build/deb, from the files that git tracks, as they are in this checkout.
set -eu
umask 022
cd "$(dirname "$0")/.."
export PATH=/usr/bin:/bin LC_ALL=C.UTF-8 # the distribution's Python before any other
source=build/deb/pamsignal
rm -rf build/deb
mkdir -p "$source" dist
git ls-files -z CHANGELOG.md LICENSE README.md examples/pamsignal.yaml packaging pamsignal |
    xargs -0 cp --parents --target-directory="$source"
mv "$source/packaging/debian" "$source/debian"
# The changelog's time for all files, so that two checkouts make the same package.
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog --file "$source/debian/changelog" --show-field Timestamp)
export SOURCE_DATE_EPOCH
find "$source" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
# Unchecked, because dpkg would ask for a compiler; tools/packages.txt names what is really needed.
(cd "$source" && dpkg-buildpackage --no-check-builddeps --no-sign)
cp build/deb/*.deb dist/
tools/sum_up.sh
