#!/bin/sh
# Install pamsignal from its signed repository, update it, or take it away again:
#   curl -fsS @URL@/install.sh | sudo sh
#   curl -fsS @URL@/install.sh | sudo sh -s -- --dry-run
# Up to the last line all of this only defines: of a download that breaks off, nothing is run.
# The keys that the repository is signed with stand in here, so apt and dnf believe what this script believes, and
# nothing else has to be fetched or trusted. Made by `make repo URL=...` from packaging/install.sh.
# shellcheck disable=SC2154 # functions are called by their package manager's name
set -eu

url='@URL@'
fingerprints='@FINGERPRINTS@'

public_key() {
    cat <<'END'
@KEY@
END
}

usage() {
    cat <<END
curl -fsS $url/install.sh | sudo sh -s -- [OPTION...]

Without an option: adds the signed repository, installs pamsignal or updates it, and waits until it runs.

  --dry-run      only say what would be written and run
  --version X    install X, newer or older, and stay there; "stable" goes on to the newest
  --uninstall    remove pamsignal, its repository and its key; configuration, state and trail stay
  --purge        with --uninstall: remove these, too
  --help         this text

Packages are signed by: $fingerprints
END
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
        --dry-run) dry=yes ;;
        --uninstall) verb=uninstall ;;
        --purge) purge=yes ;;
        --version) [ $# -gt 1 ] || fail "--version wants one, such as 0.1.0, or stable"
            shift && wanted=$1 ;;
        --version=*) wanted=${1#*=} ;;
        --help) usage && exit ;;
        *) fail "$1 is no option; see --help" ;;
        esac
        shift
    done
    case $wanted in
    '' | stable) ;;
    [!0-9]* | *[!0-9A-Za-z.+~]*) fail "--version $wanted is none; one looks like 0.1.0" ;;
    esac
    [ -z "$purge" ] || [ "$verb" = uninstall ] || fail "--purge goes with --uninstall"
    [ -z "$wanted" ] || [ "$verb" = install ] || fail "--version does not go with --uninstall"
}

# --- Is this a system for it? ---------------------------------------------------------------------------------------

is_at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

refuse_an_old_one() {
    fail "$system is too old: pamsignal needs systemd 247 and Python 3.9, as Debian 11, Ubuntu 22.04, Fedora 34 and" \
        "RHEL 9 have them. Upgrade the system first."
}

refuse_an_unknown_one() {
    fail "There is no package for $system: the deb is for Debian, Ubuntu and their kin, the rpm for Fedora, RHEL and" \
        "theirs. With systemd 247 and Python 3.9, it can be installed by hand: docs/how-to/install-by-hand.md."
}

# os-release(5). Kin number their releases in their own way, but name what they were made of.
recognise_system() {
    ID=linux ID_LIKE='' VERSION_ID='' PRETTY_NAME='' codename=''
    UBUNTU_CODENAME='' DEBIAN_CODENAME='' VERSION_CODENAME=''
    # shellcheck disable=SC1091 # the host's
    [ ! -r /etc/os-release ] || . /etc/os-release
    system=${PRETTY_NAME:-$ID $VERSION_ID}
    case $ID in
    debian | raspbian) manager=apt least=11 ;;
    ubuntu) manager=apt least=22.04 ;;
    fedora) manager=dnf least=34 ;;
    almalinux | centos | ol | rhel | rocky) manager=dnf least=9 ;;
    alpine) fail "Alpine has no systemd, so no journal: there is nothing here that pamsignal could read." ;;
    amzn) refuse_an_unknown_one ;;
    *) case " $ID_LIKE " in
        *" ubuntu "* | *" debian "*) manager=apt least=0
            codename=${UBUNTU_CODENAME:-${DEBIAN_CODENAME:-$VERSION_CODENAME}} ;;
        *" rhel "*) manager=dnf least=9 ;;
        *" fedora "*) manager=dnf least=34 ;;
        *) refuse_an_unknown_one ;;
        esac ;;
    esac
    case $codename in jessie | stretch | buster | trusty | xenial | bionic | focal) refuse_an_old_one ;; esac
    # Debian's testing and unstable have no number.
    [ -z "$VERSION_ID" ] || is_at_least "$VERSION_ID" "$least" || refuse_an_old_one
}

refuse_what_cannot_work() {
    [ -d /run/systemd/system ] || fail "systemd does not run here. In a container: install pamsignal on the machine that" \
        "runs it, where the journal is. Elsewhere: boot with systemd, then run this again."
    [ ! -e /run/ostree-booted ] || fail "$system is an image that packages are layered on: add the repository as" \
        "docs/how-to/repository.md says, then rpm-ostree install pamsignal."
    [ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "This needs root: curl -fsS $url/install.sh | sudo sh"
}

# A unit in /etc would hide the package's, and dpkg and rpm would write over the program.
refuse_another_installation() {
    for file in /etc/systemd/system/pamsignal.service /usr/bin/pamsignal; do
        [ -n "$before" ] && [ "${file%/*}" = /usr/bin ] || [ ! -e "$file" ] ||
            fail "$file is there, and no package's: remove what was installed by hand (docs/how-to/install-by-hand.md)" \
                "or by the role (pamsignal_state: absent) first. The configuration can stay."
    done
}

# --- What changes something -----------------------------------------------------------------------------------------

# Run a command, or only say which; what it says itself is shown when it fails.
run() {
    if [ -n "$dry" ]; then
        echo "Would run: $*"
    elif ! "$@" >"$scratch/said" 2>&1; then
        cat "$scratch/said" >&2
        return 1
    fi
}

# put FILE COMMAND: let FILE be what COMMAND prints; in one step, so that nobody ever reads half of it.
put() {
    [ "$("$2")" != "$(cat "$1" 2>/dev/null)" ] || return 0
    if [ -n "$dry" ]; then
        echo "Would write $1:" && "$2" | sed 's/^/    /'
        return
    fi
    mkdir -p "${1%/*}"
    "$2" >"$1.new"
    mv -f "$1.new" "$1"
    echo "Wrote $1"
}

begin() {
    [ -z "$dry" ] || return 0
    scratch=$(mktemp -d)
    for file in "$key" "$source"; do [ ! -e "$file" ] || cp -p "$file" "$scratch"; done
    [ -d "${key%/*}" ] || made=${key%/*}
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    trap finish EXIT
}

finish() {
    status=$?
    set +e
    trap '' HUP INT PIPE TERM
    [ "$undo" = no ] || take_back
    rm -rf "$scratch"
    exit "$status"
}

take_back() {
    echo "install.sh: taking back what was done" >&2
    [ -n "$before" ] || "${manager}_take_back"
    for file in "$key" "$source"; do
        rm -f "$file.new"
        if [ ! -e "$scratch/${file##*/}" ]; then rm -f "$file"
        else cp -p "$scratch/${file##*/}" "$file.new" && mv -f "$file.new" "$file"
        fi
    done
    [ -e "$source" ] || "${manager}_forget"
    [ -z "$made" ] || rmdir "$made" 2>/dev/null
}

# --- apt ------------------------------------------------------------------------------------------------------------

apt_installed() {
    dpkg-query --show --showformat='${Status} ${Version}' pamsignal 2>/dev/null | sed -n 's/^install ok installed //p'
}

# A suite of the version's own: docs/how-to/repository.md, "Go back to an older version".
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

apt_install() {
    package=pamsignal
    [ "$version" = stable ] || package=pamsignal=$version
    run apt-get update -o Dir::Etc::SourceList="$source" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0 \
        -o APT::Update::Error-Mode=any || fail "$url/apt cannot be reached, is not signed by this script's key, or has no" \
        "version $version. What apt-get's words mean: docs/how-to/repository.md"
    run apt-get update || echo "Going on: what apt-get says there is about other sources of this host." >&2
    # What is new on this host goes again if this fails; apt-get(8), --simulate: Inst, the name, [the version that is there].
    [ -n "$dry" ] || new=$(apt-get --simulate install --allow-downgrades "$package" 2>/dev/null |
        awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }') || :
    run apt-get install --yes --allow-downgrades -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$package" ||
        fail "apt-get cannot install $package; its reason is above."
}

# shellcheck disable=SC2086 # a list of words
apt_take_back() { [ -z "$new" ] || dpkg --purge $new >/dev/null 2>&1; }

apt_start() { :; } # the package does

# apt names a list after its address.
apt_forget() {
    lists=$(echo "${url#https://}/apt" | tr / _)
    run rm -f /var/lib/apt/lists/"${lists}"_* /var/lib/apt/lists/partial/"${lists}"_* /var/cache/apt/archives/pamsignal_*.deb
}

apt_remove() {
    dpkg-query --show pamsignal >/dev/null 2>&1 || return 0
    if [ -n "$purge" ]; then run apt-get purge --yes pamsignal
    else run apt-get remove --yes pamsignal
    fi
}

apt_hint() { :; }

# --- dnf ------------------------------------------------------------------------------------------------------------

dnf_installed() { ! rpm --query --quiet pamsignal || rpm --query --queryformat '%{VERSION}' pamsignal; }

dnf_pinned() { ! grep -qx exclude=pamsignal "$source" 2>/dev/null || echo "$before"; }

dnf_source() {
    cat <<END
[pamsignal]
name=pamsignal
baseurl=$url/dnf
gpgkey=file://$key
gpgcheck=1
repo_gpgcheck=1
END
    [ -z "$excluded" ] || echo exclude=pamsignal
}

dnf_install() {
    package=pamsignal
    [ "$version" = stable ] || package=pamsignal-$version
    if [ -z "$before" ]; then change=install
    elif [ "$version" = stable ] || is_at_least "$version" "$before"; then change=upgrade
    else change=downgrade
    fi
    run dnf makecache --assumeyes --refresh --repo pamsignal ||
        fail "$url/dnf cannot be reached, or is not signed by this script's key." \
            "What dnf's words mean: docs/how-to/repository.md"
    [ "$before" = "$version" ] || run dnf "$change" --assumeyes "$package" ||
        fail "dnf cannot $change $package; its reason is above."
    [ "$version" = stable ] || { excluded=yes && put "$source" dnf_source; }
}

dnf_take_back() { ! rpm --query --quiet pamsignal || dnf remove --assumeyes pamsignal >/dev/null 2>&1; }

dnf_start() { run systemctl enable --now pamsignal || :; }

# rpm names a key by its fingerprint's end, from rpm 6 on by all of it, and would go on to believe it for ever.
dnf_forget() {
    for known in $(rpm --query gpg-pubkey --queryformat '%{VERSION}-%{RELEASE}\n' | grep '^[0-9a-f]*-[0-9a-f]*$'); do
        for fingerprint in $(echo "$fingerprints" | tr A-F a-f); do
            case $fingerprint in *"${known%-*}") run rpm --erase "gpg-pubkey-$known" ;; esac
        done
    done
    run rm -rf /var/cache/dnf/pamsignal* /var/cache/libdnf5/pamsignal*
}

dnf_remove() { [ -z "$(dnf_installed)" ] || run dnf remove --assumeyes pamsignal; }

dnf_hint() {
    rpm --query --quiet python3-geoip2 ||
        echo "Without python3-geoip2 alerts name no places. RHEL and its kin have it in EPEL (dnf install epel-release)."
}

# --- The two verbs --------------------------------------------------------------------------------------------------

is_up() { systemctl is-active --quiet pamsignal; }

wait_until_up() {
    waited_seconds=0
    until is_up; do
        [ "$waited_seconds" -lt 30 ] || return 1
        sleep 1
        waited_seconds=$((waited_seconds + 1))
    done
}

install_it() {
    before=$("${manager}_installed")
    refuse_another_installation
    pinned=$("${manager}_pinned")
    version=${wanted:-${pinned:-stable}}
    stopped=
    [ -z "$before" ] || is_up || stopped=yes
    begin
    undo=yes
    put "$key" public_key
    put "$source" "${manager}_source"
    echo "$manager: fetching and installing, which may take a minute"
    "${manager}_install"
    undo=no
    [ -n "$before" ] || "${manager}_start"
    [ -n "$dry" ] || tell
}

tell() {
    after=$("${manager}_installed")
    case $before in
    '') echo "Installed pamsignal $after." ;;
    "$after") echo "pamsignal $after was here already: nothing to change." ;;
    *) echo "pamsignal went from $before to $after." ;;
    esac
    echo "Packages are signed by: $fingerprints"
    [ "$version" = stable ] || echo "It stays at $after; --version stable goes on to the newest."
    if [ -n "$stopped" ]; then echo "It does not run, as before: sudo systemctl start pamsignal"; return; fi
    wait_until_up || {
        journalctl --unit pamsignal --lines 20 --no-pager >&2
        fail "pamsignal $after is installed, but does not run; its words are above. --uninstall takes it away."
    }
    "${manager}_hint"
    cat <<END
It runs, and alerts go into the journal: journalctl -t pamsignal
  sudo pamsignal init                 asks where else they go, and writes /etc/pamsignal/pamsignal.yaml
  sudo pamsignal test-alert           sends one
  sudo systemctl restart pamsignal    takes the configuration
  pamsignal status                    how it is doing
END
}

uninstall_it() {
    before=$("${manager}_installed")
    [ -n "$dry" ] || scratch=$(mktemp -d)
    "${manager}_remove" || fail "$manager cannot remove pamsignal; its reason is above. Its repository stays."
    run rm -f "$source" "$key"
    "${manager}_forget"
    [ -z "$purge" ] || run rm -rf /etc/pamsignal /var/lib/private/pamsignal /var/lib/pamsignal \
        /var/log/private/pamsignal /var/log/pamsignal
    [ -z "$dry" ] || return 0
    rm -rf "$scratch"
    echo "${before:+Removed pamsignal $before. }Its repository and key are gone from this host."
    [ -n "$purge" ] || echo "What is in /etc/pamsignal, /var/lib/private/pamsignal and /var/log/private/pamsignal stays;" \
        "--uninstall --purge removes it."
}

main() {
    verb=install dry='' purge='' wanted='' undo=no made='' new='' excluded='' scratch=''
    export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
    umask 022
    case $url in https://*) ;; *) fail "This is a template; make repo URL=https://... fills it in." ;; esac
    read_arguments "$@"
    recognise_system
    refuse_what_cannot_work
    case $manager in
    apt) key=/etc/apt/keyrings/pamsignal.asc source=/etc/apt/sources.list.d/pamsignal.sources ;;
    dnf) key=/etc/pki/rpm-gpg/RPM-GPG-KEY-pamsignal source=/etc/yum.repos.d/pamsignal.repo ;;
    esac
    "${verb}_it"
}

# In braces, so that no part of this line is a command either; and what is run has no way to read this script's rest.
{ main "$@" </dev/null; }
