#!/bin/sh
# Build dist/pamsignal-VERSION-1.noarch.rpm in build/rpm, on any system that has rpmbuild; root is not needed.
set -eu
umask 022
cd "$(dirname "$0")/.."
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' pamsignal/__init__.py)
top=$PWD/build/rpm
rpm=pamsignal-$version-1.noarch.rpm

rm -rf "$top"
mkdir -p "$top/SOURCES" dist
# What git tracks, as it is in this checkout, but for its times: "now" is what the spec takes back to its own date.
tools/source_files.sh |
    tar --create --gzip --file="$top/SOURCES/pamsignal-$version.tar.gz" --null --files-from=- --mtime=now \
        --transform="s,^,pamsignal-$version/,"
sed "s/@VERSION@/$version/" packaging/rpm/pamsignal.spec >"$top/pamsignal.spec"

# Debian's rpm has a database of its own, an empty one: there it is tools/install.sh that knows what is installed.
nodeps=
[ ! -e /etc/debian_version ] || nodeps=--nodeps
rpmbuild -bb --quiet $nodeps --define "_topdir $top" "$top/pamsignal.spec" >"$top/log" 2>&1 || {
    cat "$top/log" >&2
    exit 1
}
mv "$top/RPMS/noarch/$rpm" dist/
tools/sum_up.sh
echo "dist/$rpm"
