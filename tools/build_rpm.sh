#!/bin/sh
# Build dist/pamsignal-VERSION-1.noarch.rpm in build/rpm, on any system that has rpmbuild; root is not needed.
set -eu
umask 022
cd "$(dirname "$0")/.."
top=$PWD/build/rpm
mkdir -p dist
tools/stage_rpm.sh "$top"

# Debian's rpm has a database of its own, an empty one: there it is tools/install.sh that knows what is installed.
nodeps=
[ ! -e /etc/debian_version ] || nodeps=--nodeps
rpmbuild -bb --quiet $nodeps --define "_topdir $top" "$top/pamsignal.spec" >"$top/log" 2>&1 || {
    cat "$top/log" >&2
    exit 1
}
mv "$top"/RPMS/noarch/*.rpm dist/
tools/sum_up.sh
