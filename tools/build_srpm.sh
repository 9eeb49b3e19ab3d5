#!/bin/sh
# Build pamsignal-VERSION-1.src.rpm in OUTDIR (dist/source), on any system that has rpmbuild; root is not needed.
#   tools/build_srpm.sh [OUTDIR]
set -eu
umask 022
cd "$(dirname "$0")/.."
mkdir -p "${1:-dist/source}"
outdir=$(cd "${1:-dist/source}" && pwd)
tools/stage_rpm.sh build/srpm
rpmbuild -bs --quiet --define "_topdir $PWD/build/srpm" --define "_srcrpmdir $outdir" build/srpm/pamsignal.spec
ls "$outdir"/*.src.rpm
