#!/bin/sh
# Print what a package is built from, ended by NULs: files that git tracks, of the checkout that it is called in.
set -eu
git ls-files -z CHANGELOG.md LICENSE README.md examples/grafana examples/pamsignal.yaml examples/prometheus examples/systemd packaging pamsignal
