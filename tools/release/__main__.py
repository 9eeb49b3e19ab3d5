"""`make release-check`: say each thing in which checkout, tag and artefacts do not agree; exit code 1 if there is one.

TAG in the environment names the tag of the release; else it is the one of the commit that is checked out. Without one
it is a candidate that is looked at: it need not be dated, signed, committed, complete, nor have addresses of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import artefacts, sbom, tag, versions
from .model import Release, version_of


def main() -> int:
    """Check the checkout in the working directory."""
    root = Path.cwd()
    release = Release(root, version_of(root), os.environ.get("TAG") or None)
    release = release._replace(tag=release.tag or tag.tag_at_head(release))
    found = [line for check in (versions, tag, artefacts, sbom) for line in check.disagreements(release)]
    for disagreement in found:
        print(disagreement)
    what = release.tag or f"a candidate for {release.version}, as there is no tag"
    print(f"release check of {what}: {f'{len(found)} disagreements' if found else 'all agrees'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
