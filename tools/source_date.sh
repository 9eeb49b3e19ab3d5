#!/bin/sh
# Print the time of the newest entry of Debian's change log, in seconds since 1970: what all builds call "now".
set -eu
cd "$(dirname "$0")/.."
date --date="$(sed -n 's/^ -- .*>  //p' packaging/debian/changelog | head -n 1)" +%s
