#!/bin/sh
# Install the deb or the rpm of dist as a stranger would, use it, and remove it. That is for a machine to throw away, a
# container say: so it asks for THROW_AWAY=yes. Needs root, and nothing of the project but this script and dist.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

[ "${THROW_AWAY:-}" = yes ] || fail "this installs and removes packages: THROW_AWAY=yes says that this machine may be lost"
if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o Acquire::Retries=5 update
    apt-get -qq --yes -o Acquire::Retries=5 install ./dist/pamsignal_*_all.deb
    version=$(dpkg-query --show --showformat='${Version}' pamsignal)
    remove() { apt-get -qq --yes purge pamsignal; }
else
    dnf --quiet --assumeyes install ./dist/pamsignal-*.noarch.rpm
    version=$(rpm --query --queryformat '%{VERSION}' pamsignal)
    remove() { dnf --quiet --assumeyes remove pamsignal; }
fi

cd /
said=$(pamsignal --version)
[ "${said##* }" = "$version" ] || fail "pamsignal --version says $said, the package is $version"
pamsignal check-config
told=$(pamsignal replay --file /usr/lib/pamsignal/pamsignal/sample.jsonl --format text)
echo "$told" | grep -q 'Brute force' || fail "replay tells nothing of the sample's brute force: $told"
remove
left=$(find /etc /usr /var -path '*pamsignal*' ! -path '/var/lib/dnf/*' ! -path '/var/cache/*' ! -path '/var/log/*')
[ -z "$left" ] || fail "left behind: $left"
echo "pamsignal $version: installed, used and removed"
