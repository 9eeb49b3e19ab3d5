"""Ask for every page elsewhere that the documents link to, and tell which are gone: `make docs-links`.

It needs the network, so no test does it. Ends with 1 if a page is gone; one that answers programs with a refusal is told,
and is for a human to look at.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from typing import Dict, List, Optional

from tests.unit.docs.documents import BESIDE, DOCUMENTS, links, name

SECONDS = 20
REFUSALS = (401, 403, 405, 429, 503)  # what sites say to programs
AGENT = "Mozilla/5.0 (compatible; a check of links in documents)"


def outside() -> Dict[str, List[str]]:
    """Each page with the documents that link to it."""
    found: Dict[str, List[str]] = {}
    for path in [*DOCUMENTS, *BESIDE]:
        for link in links(path):
            if link.startswith("https://") and ".example.org" not in link:
                found.setdefault(link.partition("#")[0], []).append(name(path))
    return found


def trouble_with(url: str) -> Optional[str]:
    """None, or why `url` brings no page."""
    try:
        asked = urllib.request.Request(url, headers={"User-Agent": AGENT})
        urllib.request.urlopen(asked, timeout=SECONDS).close()
    except urllib.error.HTTPError as answer:
        return f"refused, look yourself: HTTP {answer.code}" if answer.code in REFUSALS else f"gone: HTTP {answer.code}"
    except OSError as error:
        return f"gone: {getattr(error, 'reason', error)}"
    return None


def main() -> int:
    gone = 0
    for url, documents in sorted(outside().items()):
        trouble = trouble_with(url)
        if trouble:
            print(f"{url}: {trouble} ({', '.join(documents)})")
            gone += trouble.startswith("gone")
    print(f"{len(outside())} pages, {gone} gone")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
