#!/bin/sh
# Make the signed apt and dnf repositories of dist/repo from the packages in dist; versions published before stay.
#   tools/build_repo.sh "FINGERPRINT [FINGERPRINT...]"
# The first key signs; all of them go into the public key file, so that a new key reaches users before it signs.
# The key ring is that of GNUPGHOME, and nothing ever asks: unlock a passphrase beforehand.
set -eu
cd "$(dirname "$0")/.."
keys=${1:-} key=${keys%% *}
export GPG_TTY=
published=dist/repo new=build/repo scratch=build/reprepro

refuse() {
    echo "$1" >&2
    exit 1
}

sign() { gpg --batch --yes --quiet --pinentry-mode error --local-user "$key" --armor --detach-sign "$@" </dev/null; }

# gpg(1), doc/DETAILS: the second field of a listed key is "e" when it has expired, "r" when it was revoked.
refuse_a_key_that_cannot_sign() {
    [ -n "$key" ] || refuse "Which key signs? make repo KEY=FINGERPRINT; yours are in: gpg --list-secret-keys"
    listed=$(gpg --batch --with-colons --list-secret-keys "$key" 2>/dev/null) ||
        refuse "KEY=$key: no secret key of this name in ${GNUPGHOME:-~/.gnupg}; see: gpg --list-secret-keys"
    case $(echo "$listed" | awk -F: '$1 == "sec" { print $2; exit }') in
    e) refuse "KEY=$key has expired; to prolong it: gpg --quick-set-expire $key 2y" ;;
    r) refuse "KEY=$key was revoked: sign with another one" ;;
    esac
    sign >/dev/null || refuse "KEY=$key cannot sign; with a passphrase, unlock it in gpg-agent first"
    for known in $keys; do
        gpg --batch --list-keys "$known" >/dev/null 2>&1 || refuse "KEY=$known: no public key of this name to publish"
    done
}

version_of() { echo "${1##*/}" | cut -d _ -f 2; }

# One suite for each version beside "stable", because reprepro keeps one version in a suite (until 5.4's Limit:).
describe_suites() {
    for suite in stable $(for deb in "$scratch"/packages/*; do version_of "$deb"; done); do
        cat <<END
Codename: $suite
Suite: $suite
Origin: pamsignal
Label: pamsignal
Architectures: amd64 arm64 armhf i386 ppc64el riscv64 s390x
Components: main
SignWith: $key

END
    done
}

include() { reprepro --silent --basedir "$scratch" --outdir "$PWD/$new/apt" includedeb "$@"; }

build_apt() {
    mkdir -p "$scratch/conf" "$scratch/packages"
    [ ! -d "$published" ] || find "$published/apt/pool" -name '*.deb' -exec cp {} "$scratch/packages" \;
    cp dist/*.deb "$scratch/packages"
    describe_suites >"$scratch/conf/distributions"
    for deb in "$scratch"/packages/*; do include "$(version_of "$deb")" "$deb"; done
    include stable "$scratch"/packages/*
}

header_of() { rpm --query --package --nosignature --queryformat '%{SHA256HEADER}' "$1" 2>/dev/null; }

is_signed() { rpmkeys --dbpath "$PWD/$scratch/rpm" --define '_pkgverify_level all' --checksig --quiet "$1" 2>/dev/null; }

# A signature has a time in it: what is signed already stays as it is, so that a published file never changes.
build_dnf() {
    mkdir -p "$new/dnf" "$scratch/rpm"
    cp "$published"/dnf/*.rpm "$new/dnf" 2>/dev/null || :
    rpmkeys --dbpath "$PWD/$scratch/rpm" --import "$new/pamsignal.asc"
    for rpm in dist/*.rpm; do
        [ "$(header_of "$rpm")" = "$(header_of "$new/dnf/${rpm##*/}")" ] || cp "$rpm" "$new/dnf"
    done
    for rpm in "$new"/dnf/*.rpm; do
        is_signed "$rpm" || rpmsign --key-id "$key" --define "__gpg $(command -v gpg)" \
            --define '_gpg_sign_cmd_extra_args --batch --pinentry-mode error' --resign "$rpm" >/dev/null
    done
    # gzip, which every dnf reads.
    createrepo_c --quiet --no-database --general-compress-type gz "$new/dnf"
    sign "$new/dnf/repodata/repomd.xml"
}

sum_up() {
    (cd "$new" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum) >"$scratch/SHA256SUMS"
    mv "$scratch/SHA256SUMS" "$new"
    sign "$new/SHA256SUMS"
}

refuse_a_key_that_cannot_sign
for kind in deb rpm; do
    ls dist/*.$kind >/dev/null 2>&1 || refuse "There is no $kind in dist: run make deb rpm first"
done
umask 022
rm -rf "$new" "$scratch"
mkdir -p "$new"
# shellcheck disable=SC2086 # a list of keys
gpg --batch --quiet --armor --export-options export-minimal --export $keys >"$new/pamsignal.asc"
build_apt
build_dnf
sum_up
rm -rf "$published"
mv "$new" "$published"
echo "$published"
