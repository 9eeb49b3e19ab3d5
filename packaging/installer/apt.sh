# The part of install.sh that knows apt. Set are: key and source, the two files; version, the wanted one or "stable".
# shellcheck shell=sh disable=SC2034,SC2154

apt_use() { key=/etc/apt/keyrings/pamsignal.asc source=/etc/apt/sources.list.d/pamsignal.sources; }

apt_installed() {
    dpkg-query --show --showformat='${Status} ${Version}' pamsignal 2>/dev/null | sed -n 's/^install ok installed //p'
}

# Each version has a suite of its own beside stable, which holds it there.
apt_pinned() { sed -n 's/^Suites: //p' "$source" 2>/dev/null | grep -vx stable || :; }

apt_source() {
    cat <<END
Types: deb
URIs: $url/apt
Suites: $version
Components: main
Signed-By: $key
END
}

# This source first, and strictly: of others, apt-get has long forgiven what is wrong.
apt_fetch_lists() {
    run apt-get update -o Dir::Etc::SourceList="$source" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0 \
        -o APT::Update::Error-Mode=any ||
        fail "$url/apt cannot be reached, is not signed by the key in this script, or has no suite $version." \
            "apt-get's words above say which; NO_PUBKEY and EXPKEYSIG mean another or an expired key: fetch a new script."
    [ -n "$dry" ] || apt_refuse_another_suite
}

# Every suite has a good signature, so an old one can be laid in the place of another; apt-get only warns of that.
apt_refuse_another_suite() {
    suites=$(apt-get indextargets -o Dir::Etc::SourceList="$source" -o Dir::Etc::SourceParts=- \
        --format "\$(SUITE)" 'Created-By: Packages' | sort -u)
    [ "$suites" = "$version" ] || fail "$url/apt shows ${suites:-nothing} in the place of $version. Somebody may want" \
        "this host to have an old version; ask whoever publishes it."
}

apt_install() {
    package=pamsignal
    [ "$version" = stable ] || package=pamsignal=$version
    apt_fetch_lists
    run apt-get update || echo "Going on: what apt-get says there is about other sources of this host." >&2
    # What is about to be new here, so that it can go again; a line reads "Inst NAME [VERSION HERE] (NEW VERSION".
    [ -n "$dry" ] || new=$(apt-get --simulate install --allow-downgrades "$package" 2>/dev/null |
        awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }') || :
    # Nobody is there to be asked: a changed file of the configuration stays.
    run apt-get install --yes --allow-downgrades -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$package" ||
        fail "apt-get cannot install $package; its reason is above."
}

apt_start() { :; } # the package does

apt_hint() { :; } # apt brings python3-maxminddb along

# shellcheck disable=SC2086 # a list of words
apt_undo() { [ -z "$new" ] || dpkg --purge $new >/dev/null 2>&1; }

apt_remove() {
    dpkg-query --show pamsignal >/dev/null 2>&1 || return 0
    if [ -n "$purge" ]; then run apt-get purge --yes pamsignal
    else run apt-get remove --yes pamsignal
    fi
}

# apt names a list after its address.
apt_forget() {
    lists=/var/lib/apt/lists name=$(echo "${url#https://}/apt" | tr / _)
    run rm -f "$lists/$name"_* "$lists/partial/$name"_* /var/cache/apt/archives/pamsignal_*.deb
}
