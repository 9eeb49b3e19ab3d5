#!/bin/sh
# Bring the published repositories back into dist/repo, for `make repo` to add a version to. It believes nothing of it
# until it has checked signature and sums; this only takes care that every name stays below dist/repo.
#   tools/fetch_repo.sh https://HOST/PATH
set -eu
umask 022
cd "$(dirname "$0")/.."
place=${1:-}
[ -n "$place" ] || {
    echo "Where are they published? make fetch-repo FROM=https://HOST/PATH" >&2
    exit 2
}
rm -rf dist/repo build/published
mkdir -p dist build/published

# By https wherever the server sends it on to; and no file so large that it fills the disk.
fetch() {
    curl --proto '=https' --max-filesize 100000000 --fail --silent --show-error --location --retry 3 --create-dirs \
        --output "build/published/$1" "$place/$1"
}

fetch SHA256SUMS
fetch SHA256SUMS.asc
sed 's/^[^ ]*  //' build/published/SHA256SUMS | while read -r name; do
    case /$name/ in
    */../* | *[!A-Za-z0-9_.+~/-]* | //*)
        echo "$place/SHA256SUMS: no name of ours: $name" >&2
        exit 1 ;;
    esac
    fetch "$name"
done
mv build/published dist/repo
echo dist/repo
