#!/bin/sh
# Build build/site, the documentation as pages, from the Markdown files of this checkout. A warning is an error.
set -eu
cd "$(dirname "$0")/.."
rm -rf build/site
# Anew each time: Sphinx does not repeat a warning about a page that it has read before.
.venv-docs/bin/python -m sphinx --quiet --fresh-env --fail-on-warning --keep-going \
    --doctree-dir build/site-doctrees --conf-dir tools/site --builder html . build/site
# Sphinx's own notes are no pages.
rm -rf build/site/.buildinfo build/site/objects.inv build/site/_sources
echo "build/site/index.html"
