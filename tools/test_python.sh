#!/bin/sh
# Run the tests that need no distribution with any Python from 3.9 on, and with the newest libraries that PyPI has for it:
# the unit tests, and those edge tests that go through such a library.
#   tools/test_python.sh PYTHON
set -eu
cd "$(dirname "$0")/.."
python=${1:-}
command -v "$python" >/dev/null || {
    echo "Which Python? make test-python WITH=python3.13" >&2
    exit 2
}
environment=build/python/$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[dev]'
"$environment/bin/python" -m tests.bounds
"$environment/bin/python" -m pytest -q tests/unit tests/edge/test_cli_replay.py tests/edge/test_geo.py \
    tests/edge/test_geo_damage.py tests/edge/test_http_transport.py tests/edge/test_journal.py \
    tests/edge/test_metrics.py tests/edge/test_sink_apprise.py tests/edge/test_sink_http.py
