#!/bin/sh
# Make the signed apt and dnf repositories of dist/repo from the packages in dist; versions published before stay.
#   tools/build_repo.sh "FINGERPRINT [FINGERPRINT...]"
# The first key signs; all of them go into the public key file, so that a new key reaches users before it signs.
# The key ring is that of GNUPGHOME, and nothing ever asks: unlock a passphrase beforehand.
# VALID_DAYS in the environment: apt takes the lists for no longer than that.
# URL in the environment: where hosts will find dist/repo, for install.sh; else it stays what it was.
set -eu
cd "$(dirname "$0")/.."
keys=${1:-} key=${keys%% *}
export GPG_TTY=
published=dist/repo new=build/repo scratch=build/reprepro

refuse() {
    echo "$@" >&2
    exit 1
}

sign() { gpg --batch --yes --quiet --pinentry-mode error --local-user "$key" --armor --detach-sign "$@" </dev/null; }

# gpg(1), doc/DETAILS: the second field of a listed key is "e" when it has expired, "r" when it was revoked.
refuse_a_key_that_cannot_sign() {
    [ -n "$key" ] || refuse "Which key signs? make repo KEY=FINGERPRINT; yours are in: gpg --list-secret-keys"
    for known in $keys; do
        echo "$known" | grep -Eqx '[0-9A-F]{40}' || refuse "KEY=$known is no fingerprint (40 digits, A-F in capitals):" \
            "a name may be that of somebody else's key, too"
    done
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

refuse_a_wrong_time() {
    case ${VALID_DAYS:-1} in
    0* | *[!0-9]*) refuse "VALID_DAYS=$VALID_DAYS: a number of days from 1 on; leave it out for lists that stay good" ;;
    esac
}

# gpg(1), doc/DETAILS: VALIDSIG has the fingerprints of the signing key and of its primary one, and comes for an
# expired or revoked key as well; only GOODSIG before it says that the key is neither.
signers_of_the_sums() {
    gpg --batch --status-fd 1 --verify "$published/SHA256SUMS.asc" "$published/SHA256SUMS" 2>/dev/null |
        awk '$2 == "NEWSIG" { good = 0 } $2 == "GOODSIG" { good = 1 } $2 == "VALIDSIG" && good { print $3; print $NF }'
}

names_in_the_sums() { sed 's/^[^ ]*  //' "$published/SHA256SUMS"; }

# What lies there may come from a server that somebody has broken into: what this key did not sign then, it does not now.
refuse_what_was_not_published() {
    [ -e "$published" ] || return 0
    signers_of_the_sums | grep -Fqx "$(echo "$keys" | tr -s ' ' '\n')" ||
        refuse "$published/SHA256SUMS has no good signature by KEY=$keys. Was it another key of yours? Name that behind:" \
            "make repo KEY='$key OTHER'. If not, somebody changed it: move $published away, and take your own copy"
    changed=$(cd "$published" && LC_ALL=C sha256sum --check --strict --quiet SHA256SUMS 2>&1) ||
        refuse "$published is not what was signed; take your own copy, or fetch it again:
$changed"
    names_in_the_sums | sed 's,^,./,' >"$scratch/listed"
    others=$(cd "$published" && find . ! -type d ! -path ./SHA256SUMS ! -path ./SHA256SUMS.asc |
        grep -Fvx -f "$OLDPWD/$scratch/listed") || :
    [ -z "$others" ] || refuse "Not in the signed $published/SHA256SUMS; remove these if you do not know them, else move them into dist:
$others"
}

# Copies every published package of a kind; what is named in the signed sums, nothing else.
take_published() {
    [ -e "$published" ] || return 0
    names_in_the_sums | grep "\.$1\$" | while read -r name; do cp "$published/$name" "$2"; done
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
${VALID_DAYS:+ValidFor: ${VALID_DAYS}d
}
END
    done
}

include() { reprepro --silent --basedir "$scratch" --outdir "$PWD/$new/apt" includedeb "$@"; }

build_apt() {
    mkdir -p "$scratch/conf" "$scratch/packages"
    take_published deb "$scratch/packages"
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
    take_published rpm "$new/dnf"
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

# Whoever forgets URL= once would else take the installer away from everybody.
url_of_published() { sed -n "s/^url='\(.*\)'\$/\1/p" "$published/install.sh" 2>/dev/null || :; }

# What gpg shows to whoever compares: of the keys themselves, where KEY may be that of a subkey.
fingerprints_of_public() {
    gpg --batch --with-colons --show-keys "$new/pamsignal.asc" |
        awk -F: '$1 == "pub" { wanted = 1 } $1 == "fpr" && wanted { printf between $10; between = " "; wanted = 0 }'
}

build_installer() {
    url=${URL:-$(url_of_published)}
    if [ -n "$url" ]; then
        tools/build_installer.sh "$url" "$new/pamsignal.asc" "$(fingerprints_of_public)" >"$new/install.sh"
        # For whoever has no way to that address: the guide with it, and without what is for the tests.
        guide=docs/how-to/install-offline.md
        place=$(sed -n 's/^.\(https:[^ ]*\). stands for .*/\1/p' "$guide")
        sed -e '/^<!-- /d' -e "s|$place|$url|g" "$guide" >"$new/install-offline.txt"
    else echo "No install.sh, because it needs the address of these files: make repo URL=https://HOST/PATH KEY=..." >&2
    fi
}

sum_up() {
    (cd "$new" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum) >"$scratch/SHA256SUMS"
    mv "$scratch/SHA256SUMS" "$new"
    sign "$new/SHA256SUMS"
}

refuse_a_key_that_cannot_sign
refuse_a_wrong_time
for kind in deb rpm; do
    ls dist/*.$kind >/dev/null 2>&1 || refuse "There is no $kind in dist: run make deb rpm first"
done
umask 022
rm -rf "$new" "$scratch"
mkdir -p "$new" "$scratch"
refuse_what_was_not_published
# shellcheck disable=SC2086 # a list of keys
gpg --batch --quiet --armor --export-options export-minimal --export $keys >"$new/pamsignal.asc"
build_installer
build_apt
build_dnf
sum_up
rm -rf "$published"
mv "$new" "$published"
echo "$published"
