#!/bin/sh
# Print the installer of a repository: packaging/installer with its address, keys and their fingerprints.
#   tools/build_installer.sh URL KEY_FILE "FINGERPRINT [FINGERPRINT...]"
set -eu
cd "$(dirname "$0")/.."
# Only what needs no quoting: in the script, in a shell, in a source of apt's, and in the names apt gives its lists.
echo "$1" | grep -Eqx 'https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9.-]+)*' || {
    echo "URL=$1: wanted is https://HOST/PATH, without a slash at the end" >&2
    exit 1
}
# The head of a part, up to its first empty line, is for whoever works on it.
part() { sed '1,/^$/d' "packaging/installer/$1.sh"; }

while IFS= read -r line; do
    case $line in
    @KEY@) cat "$2" ;;
    '# @APT@') part apt ;;
    '# @DNF@') part dnf ;;
    *) printf '%s\n' "$line" ;;
    esac
done <packaging/installer/install.sh | sed -e "s|@URL@|$1|g" -e "s|@FINGERPRINTS@|$3|"
