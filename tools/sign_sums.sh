#!/bin/sh
# Sign dist/SHA256SUMS, written anew, as dist/SHA256SUMS.asc.
#   tools/sign_sums.sh FINGERPRINT
# The key ring is that of GNUPGHOME, and nothing ever asks: unlock a passphrase beforehand.
set -eu
cd "$(dirname "$0")/.."
key=${1:-}
echo "$key" | grep -Eqx '[0-9A-F]{40}' || {
    echo "Which key signs? make sums KEY=FINGERPRINT (40 digits, A-F in capitals); yours: gpg --list-secret-keys" >&2
    exit 1
}
tools/sum_up.sh
export GPG_TTY=
gpg --batch --yes --quiet --pinentry-mode error --local-user "$key" --armor --detach-sign dist/SHA256SUMS </dev/null || {
    echo "KEY=$key cannot sign: no secret key in ${GNUPGHOME:-~/.gnupg}, expired, revoked, or behind a passphrase" \
        "that has to be unlocked first" >&2
    exit 1
}
echo dist/SHA256SUMS.asc
