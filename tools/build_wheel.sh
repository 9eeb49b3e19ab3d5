#!/bin/sh
# Build dist/pamsignal-VERSION-py3-none-any.whl and the source archive dist/pamsignal-VERSION.tar.gz of this checkout;
# PYTHON is one that has flit, unless .venv-wheel does. One version of flit makes the same files of the same source.
set -eu
umask 022
cd "$(dirname "$0")/.."
mkdir -p dist
SOURCE_DATE_EPOCH=$(tools/source_date.sh)
export SOURCE_DATE_EPOCH
"${PYTHON:-.venv-wheel/bin/python}" - <<'END'
from flit_core.buildapi import build_sdist, build_wheel

for build in (build_wheel, build_sdist):
    print(f"dist/{build('dist')}")
END
tools/sum_up.sh
