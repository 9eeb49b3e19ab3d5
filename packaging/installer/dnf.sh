# The part of install.sh that knows dnf, 4 and 5. Set are: key and source, the two files; version, the wanted one or
# "stable"; before, the installed one.
# shellcheck shell=sh disable=SC2034,SC2154

dnf_use() { key=/etc/pki/rpm-gpg/RPM-GPG-KEY-pamsignal source=/etc/yum.repos.d/pamsignal.repo; }

dnf_installed() { ! rpm --query --quiet pamsignal || rpm --query --queryformat '%{VERSION}\n' pamsignal; }

dnf_pinned() { ! grep -qx exclude=pamsignal "$source" 2>/dev/null || dnf_installed; }

# A version is held by an exclusion, but that would keep dnf from installing it, too.
dnf_source() {
    cat <<END
[pamsignal]
name=pamsignal
baseurl=$url/dnf
gpgkey=file://$key
gpgcheck=1
repo_gpgcheck=1
END
    [ "$before" != "$version" ] && [ -z "$held" ] || echo exclude=pamsignal
}

dnf_install() {
    package=pamsignal
    [ "$version" = stable ] || package=pamsignal-$version
    if [ -z "$before" ]; then change=install
    elif [ "$version" = stable ] || is_at_least "$version" "$before"; then change=upgrade
    else change=downgrade
    fi
    [ -z "$old_key" ] || dnf_forget_lists
    # Left to itself, dnf 5 goes on without a repository that it cannot use.
    run dnf makecache --assumeyes --refresh --repo pamsignal --setopt=pamsignal.skip_if_unavailable=0 ||
        fail "$url/dnf cannot be reached, or is not signed by the key in this script." \
            "dnf's words above say which; a bad signature or another key means: fetch a new script."
    [ "$before" = "$version" ] || run dnf "$change" --assumeyes "$package" ||
        fail "dnf cannot $change $package; its reason is above."
    [ "$version" = stable ] || { held=yes && put "$source" dnf_source; }
    [ -z "$old_key" ] || { dnf_forget_keys "$old_key" && run rpmkeys --import "$key"; }
}

dnf_start() { run systemctl enable --now pamsignal || :; } # whether it runs is looked at next

dnf_hint() {
    rpm --query --quiet python3-maxminddb ||
        echo "Alerts name no places without python3-maxminddb; RHEL and its kin have it in EPEL (epel-release)."
}

dnf_undo() { ! rpm --query --quiet pamsignal || dnf remove --assumeyes pamsignal >/dev/null 2>&1; }

dnf_remove() { [ -z "$before" ] || run dnf remove --assumeyes pamsignal; }

dnf_forget_lists() { run rm -rf /var/cache/dnf/pamsignal* /var/cache/libdnf5/pamsignal*; }

# rpm would go on believing a key, for packages from anywhere. How it names one differs by version, so rpm is asked.
dnf_forget_keys() {
    rm -rf "$scratch/rpm"
    rpmkeys --dbpath "$scratch/rpm" --import "$1" 2>/dev/null || return 0
    for name in $(rpm --dbpath "$scratch/rpm" --query --all --queryformat 'gpg-pubkey-%{VERSION}\n' gpg-pubkey); do
        ! rpm --query --quiet "$name" || run rpm --erase --allmatches "$name"
    done
}

dnf_forget() {
    dnf_forget_keys "$key"
    dnf_forget_lists
}
