#!/bin/sh
# Lay out in FOLDER what rpmbuild needs: the spec, with the version filled in, and the source. An old FOLDER goes.
#   tools/stage_rpm.sh FOLDER
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' pamsignal/__init__.py)
rm -rf "$1"
mkdir -p "$1/SOURCES"
# What git tracks, as it is in this checkout, but for its times: "now" is what the spec takes back to its own date.
tools/source_files.sh |
    tar --create --gzip --file="$1/SOURCES/pamsignal-$version.tar.gz" --null --files-from=- --mtime=now \
        --transform="s,^,pamsignal-$version/,"
sed "s/@VERSION@/$version/" packaging/rpm/pamsignal.spec >"$1/pamsignal.spec"
