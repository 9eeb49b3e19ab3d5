"""The libraries of others that pamsignal runs on, and the ends between which they are tried.

The oldest are Debian 11's, where `make suite` runs the unit and edge tests with all of them at once; Apprise, which it
does not have, in the version of Debian 12. The newest are PyPI's on the day of the test: `make test-python`.
`python -m tests.bounds [--json]` prints which ones are here.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version

OLDEST = {
    "systemd-python": "234",
    "PyYAML": "5.3.1",
    "requests": "2.25.1",
    "jsonschema": "3.2.0",
    "maxminddb": "2.0.3",
    "apprise": "1.2.0",
    "prometheus_client": "0.9.0",
    "rich": "9.11.0",
}


def found() -> dict[str, str]:
    """Return the version of each that is installed here; PackageNotFoundError without it."""
    return {name: version(name) for name in OLDEST}


if __name__ == "__main__":
    if "--json" in sys.argv:
        print(json.dumps(found()))
    else:
        print(
            f"Python {platform.python_version()}", *(f"{name} {number}" for name, number in found().items()), sep=", "
        )
