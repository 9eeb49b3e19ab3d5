#!/bin/sh
# Build build/site, the documentation as pages, from the Markdown files of this checkout. A warning is an error.
set -eu
cd "$(dirname "$0")/.."
rm -rf build/site
# One process: two need longer than the pages do. Sphinx's own notes on the pages stay out of what is published.
.venv-docs/bin/python -m sphinx --quiet --fail-on-warning --keep-going --doctree-dir build/site-doctrees \
    --conf-dir tools/site --builder html . build/site
rm -rf build/site/.buildinfo build/site/objects.inv
echo "build/site/index.html"
