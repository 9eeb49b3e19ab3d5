#!/bin/sh
# Build Debian source packages in dist/source: one of the version itself, or one for each series of Ubuntu that is named,
# which is what a PPA takes: the binaries of two series must not have the same version.
#   tools/build_deb_source.sh [SERIES...]
# KEY in the environment: the fingerprint of the key that signs them; without it they are unsigned, which no PPA takes.
set -eu
umask 022
cd "$(dirname "$0")/.."
export PATH=/usr/bin:/bin LC_ALL=C.UTF-8
unset SOURCE_DATE_EPOCH # dpkg takes the changelog's: so two builds are the same
mkdir -p dist/source
rm -rf build/deb-source

# Puts an entry on top of the changelog at $1 that makes the version one of the series $2, of the same time.
target() {
    version=$(dpkg-parsechangelog --file "$1" --show-field Version)
    {
        echo "pamsignal ($version~${2}1) $2; urgency=medium"
        printf '\n  * The same, built for %s.\n\n' "$2"
        echo " -- $(dpkg-parsechangelog --file "$1" --show-field Maintainer) $(sed -n 's/^ -- .*>\(  .*\)/\1/p;T;q' "$1")"
        echo
        cat "$1"
    } >"$1.new"
    mv "$1.new" "$1"
}

build() {
    tools/stage_deb.sh "build/deb-source/$1/pamsignal"
    [ "$1" = plain ] || target "build/deb-source/$1/pamsignal/debian/changelog" "$1"
    (cd "build/deb-source/$1/pamsignal" &&
        dpkg-buildpackage --build=source --no-check-builddeps "${KEY:+--sign-key=}${KEY:---no-sign}")
}

[ $# -gt 0 ] || set -- plain
for series; do
    case $series in
    *[!a-z]*)
        echo "$series: no name of a series, such as noble" >&2
        exit 2 ;;
    esac
    build "$series"
    rm -rf "build/deb-source/$series/pamsignal"
    mv "build/deb-source/$series"/* dist/source/
done
ls dist/source
