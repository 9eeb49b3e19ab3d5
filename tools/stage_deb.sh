#!/bin/sh
# Lay out the Debian source tree of this checkout in FOLDER, which must not be there yet: what git tracks, as it is.
#   tools/stage_deb.sh FOLDER
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
tools/source_files.sh | xargs -0 cp --parents --target-directory="$1"
mv "$1/packaging/debian" "$1/debian"
