#!/bin/sh
# Unpack Debian packages into build/unpacked, with what they need and this machine does not have, without installing:
# servers that the tests start themselves, and that would conflict with each other or begin to run if they were.
set -eu
cd "$(dirname "$0")/.."
into=$PWD/build/unpacked

missing() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        "$@" | grep '^[a-z0-9]' | sort -u | while read -r package; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
            echo "$package"
    done
}

echo "Unpacking into build/unpacked, for the tests: $*"
rm -rf "$into"
mkdir -p "$into/packages"
# shellcheck disable=SC2046 # a list of words
(cd "$into/packages" && apt-get --quiet --quiet -o APT::Sandbox::User=root -o Acquire::Retries=5 download $(missing "$@"))
for package in "$into"/packages/*.deb; do dpkg-deb --extract "$package" "$into"; done
rm -rf "$into/packages"
touch "$into/unpacked"
