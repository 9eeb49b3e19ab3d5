"""`make release-check`: say each thing in which checkout, tag and artefacts do not agree; exit code 1 if there is one.

TAG in the environment names the tag of the release, exit code 2 if it does not look like v1.2.3; else it is the one of
the commit that is checked out. Without one it is a candidate that is looked at: it need not be dated, signed,
committed, complete, nor have addresses of its own, and is not built again.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from . import artefacts, rebuild, rights, sbom, tag, versions
from .model import Release, version_of


def main() -> int:
    """Check the checkout in the working directory."""
    root = Path.cwd()
    named = os.environ.get("TAG") or None
    if named and not re.fullmatch(r"v[0-9]+\.[0-9]+\.[0-9]+", named):
        print(f"TAG={named!a}: no tag of a version; one looks like v0.1.0", file=sys.stderr)
        return 2
    release = Release(root, version_of(root), named)
    release = release._replace(tag=release.tag or tag.tag_at_head(release))
    found = [line for check in (versions, tag, artefacts, rights, sbom) for line in check.disagreements(release)]
    # Only then, because it takes seconds, and builds what is committed.
    found = found or list(rebuild.disagreements(release))
    for disagreement in found:
        print(disagreement)
    what = release.tag or f"a candidate for {release.version}, as there is no tag"
    print(f"release check of {what}: {f'{len(found)} disagreements' if found else 'all agrees'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
