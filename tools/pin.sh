#!/bin/sh
# Write tools/pinned-*.txt anew: the exact versions, with their hashes, of what builds and checks a release, for each
# Python that it can run on. None is younger than a week: a hijacked one is mostly found in its first days.
set -eu
cd "$(dirname "$0")/.."

# From the first Python that all of it runs on.
pin() {
    {
        echo "# Written by \`make pins\` from requirements-$1.txt; do not edit."
        .venv-pins/bin/uv pip compile --quiet --universal --python-version "$2" --generate-hashes --upgrade \
            --exclude-newer "7 days" --no-header --no-annotate "tools/requirements-$1.txt"
    } >"build/pinned-$1.txt"
    mv "build/pinned-$1.txt" "tools/pinned-$1.txt"
}

mkdir -p build
pin wheel 3.9
pin release 3.11
pin docs 3.11
