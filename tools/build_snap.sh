#!/bin/sh
# Build dist/pamsignal_VERSION_ARCHITECTURE.snap with snapcraft, which needs snapd, and LXD for a container to build in.
# SNAPCRAFT_OPTIONS in the environment: for `snapcraft pack`, such as --destructive-mode on an Ubuntu to throw away.
set -eu
cd "$(dirname "$0")/.."
command -v snapcraft >/dev/null || {
    echo "This needs snapcraft: sudo snap install snapcraft --classic" >&2
    exit 1
}
tools/stage_snap.sh
# shellcheck disable=SC2086 # a list of words
(cd build/snap && snapcraft pack ${SNAPCRAFT_OPTIONS:-})
mkdir -p dist
mv build/snap/*.snap dist/
tools/sum_up.sh
