#!/bin/sh
# Lay into build/snap what snapcraft builds the snap from: the files that git tracks, as they are in this checkout, and
# snapcraft.yaml on top. `snapcraft pack` there needs a machine with snapd.
set -eu
umask 022
cd "$(dirname "$0")/.."
rm -rf build/snap
mkdir -p build/snap/snap
git ls-files -z LICENSE packaging/snap/pamsignal pamsignal | xargs -0 cp --parents --target-directory=build/snap
cp packaging/snap/snapcraft.yaml build/snap/snap/
echo build/snap
