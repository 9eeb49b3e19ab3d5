#!/bin/sh
# Build dist/pamsignal-VERSION-py3-none-any.whl of this checkout; PYTHON is one that has flit, unless .venv does.
set -eu
umask 022
cd "$(dirname "$0")/.."
mkdir -p dist
"${PYTHON:-.venv/bin/python}" -m flit_core.wheel --outdir dist
tools/sum_up.sh
