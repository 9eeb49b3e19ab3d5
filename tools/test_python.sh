#!/bin/sh
# Run the tests that need no distribution with any Python from 3.9 on: the unit tests, with libraries of PyPI.
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
"$environment/bin/python" -m pip install --quiet --editable '.[dev]'
"$environment/bin/python" -m pytest -q tests/unit
