#!/bin/sh
# Check what only the code host's machines run: the workflows, their updates, and the recipe of the snap. All of it is
# read here; nothing is asked over the network.
set -eu
cd "$(dirname "$0")/.."
# One process for all schemas: check-jsonschema needs a second for its start.
.venv-release/bin/python - <<'END'
import sys
from glob import glob

from check_jsonschema import main

SCHEMAS = {
    "vendor.dependabot": [".github/dependabot.yml"],
    "vendor.github-workflows": sorted(glob(".github/workflows/*.yml")),
    "vendor.snapcraft": ["packaging/snap/snapcraft.yaml"],
}
codes = [main(["--builtin-schema", schema, *files], standalone_mode=False) for schema, files in SCHEMAS.items()]
sys.exit(any(codes))
END
# Each finding is mended, or ignored where it stands, with the reason.
.venv-release/bin/zizmor --offline --quiet --no-progress --persona=pedantic .github
