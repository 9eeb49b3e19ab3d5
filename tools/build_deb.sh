#!/bin/sh
# Build dist/pamsignal_VERSION_all.deb in build/deb, from the files that git tracks, as they are in this checkout.
set -eu
umask 022
cd "$(dirname "$0")/.."
export PATH=/usr/bin:/bin LC_ALL=C.UTF-8 # the distribution's Python before any other
source=build/deb/pamsignal
rm -rf build/deb
mkdir -p dist
tools/stage_deb.sh "$source"
unset SOURCE_DATE_EPOCH # dpkg takes the changelog's, which no file may be younger than: so two builds are the same
# Unchecked, because dpkg would ask for a compiler; tools/packages.txt names what is really needed.
(cd "$source" && dpkg-buildpackage --no-check-builddeps --no-sign)
cp build/deb/*.deb dist/
tools/sum_up.sh
