#!/bin/sh
# Install pamsignal from its signed repository, update it, or take it away again:
#   curl --proto '=https' -fsS @URL@/install.sh | sudo sh
#   curl --proto '=https' -fsS @URL@/install.sh | sudo sh -s -- --dry-run
# Up to the last line all of this only defines: of a download that breaks off, nothing is run.
# The keys that the repository is signed with stand in here, so apt and dnf believe what this script believes, and
# nothing else has to be fetched or trusted. Made by `make repo URL=...` from packaging/installer.
# shellcheck disable=SC2034,SC2154 # functions are called by their package manager's name, and have variables here
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
curl --proto '=https' -fsS $url/install.sh | sudo sh -s -- [OPTION...]

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
        "theirs. With systemd 247 and Python 3.9 it can be installed by hand, as its source says in" \
        "docs/how-to/install-by-hand.md."
}

# os-release(5). Kin number their releases in their own way, but name what they were made of.
recognise_system() {
    ID='this system' ID_LIKE='' VERSION_ID='' PRETTY_NAME='' codename=''
    UBUNTU_CODENAME='' DEBIAN_CODENAME='' VERSION_CODENAME=''
    # shellcheck disable=SC1091 # the host's
    [ ! -r /etc/os-release ] || . /etc/os-release
    system=${PRETTY_NAME:-$ID}
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
    [ -d /run/systemd/system ] || fail "systemd does not run here. In a container: install pamsignal on the machine" \
        "that runs it, where the journal is. Elsewhere: boot with systemd, then run this again."
    [ ! -e /run/ostree-booted ] || fail "$system is an image that packages are layered on. Write the two files that" \
        "this script shows with --dry-run on a Fedora of the usual kind, then: rpm-ostree install pamsignal."
    [ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "This needs root: curl --proto '=https' -fsS $url/install.sh | sudo sh"
}

# A unit in /etc would hide the package's, and dpkg and rpm would write over the program.
refuse_another_installation() {
    [ -z "$before" ] || return 0
    for file in /etc/systemd/system/pamsignal.service /usr/bin/pamsignal; do
        [ ! -e "$file" ] || fail "$file is there, and no package's: remove what was installed by hand" \
            "or by the role with pip (the unit, the program, /usr/lib/pamsignal), first. The configuration can stay."
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
    scratch=$(mktemp -d)
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    trap finish EXIT
}

remember() {
    for file in "$key" "$source"; do [ ! -e "$file" ] || cp -p "$file" "$scratch"; done
    [ -d "${key%/*}" ] || made=${key%/*}
    old_key=$scratch/${key##*/}
    [ -e "$old_key" ] && [ "$(cat "$old_key")" != "$(public_key)" ] || old_key=
    undo=yes
}

finish() {
    status=$?
    set +e
    trap '' HUP INT PIPE TERM
    [ -z "$undo" ] || [ -n "$dry" ] || take_back
    rm -rf "$scratch"
    exit "$status"
}

take_back() {
    echo "install.sh: taking back what was done" >&2
    [ -n "$before" ] || "${manager}_undo"
    [ -e "$scratch/${source##*/}" ] || "${manager}_forget"
    for file in "$key" "$source"; do
        rm -f "$file.new"
        if [ ! -e "$scratch/${file##*/}" ]; then rm -f "$file"
        else cp -p "$scratch/${file##*/}" "$file.new" && mv -f "$file.new" "$file"
        fi
    done
    [ -z "$made" ] || rmdir "$made" 2>/dev/null
    [ "$("${manager}_installed")" = "$before" ] ||
        echo "install.sh: pamsignal is not what it was; $manager has to be asked why" >&2
}

# @APT@

# @DNF@

# --- The two verbs --------------------------------------------------------------------------------------------------

is_up() { systemctl is-active --quiet pamsignal; }

wait_until_up() {
    waited_seconds=0
    until is_up; do
        [ "$waited_seconds" -lt 30 ] && ! systemctl is-failed --quiet pamsignal || return 1
        sleep 1
        waited_seconds=$((waited_seconds + 1))
    done
}

install_it() {
    refuse_another_installation
    pinned=$("${manager}_pinned")
    version=${wanted:-${pinned:-stable}}
    [ -z "$before" ] || is_up || stopped=yes
    remember
    put "$key" public_key
    put "$source" "${manager}_source"
    [ -n "$dry" ] || echo "Installing with $manager, which may take a minute"
    "${manager}_install"
    undo=
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
    echo "Its packages are signed by: $fingerprints"
    [ "$version" = stable ] || echo "It stays at $after; --version stable goes on to the newest."
    [ -z "$stopped" ] || { echo "It does not run, as before: sudo systemctl start pamsignal" && return; }
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
    "${manager}_remove" || fail "$manager cannot remove pamsignal; its reason is above. Its repository stays."
    "${manager}_forget"
    run rm -f "$source" "$key"
    [ -z "$purge" ] || run rm -rf /etc/pamsignal /var/lib/private/pamsignal /var/lib/pamsignal \
        /var/log/private/pamsignal /var/log/pamsignal
    [ -z "$dry" ] || return 0
    echo "${before:+Removed pamsignal $before. }Its repository and key are gone from this host."
    [ -n "$purge" ] ||
        echo "Configuration, state and trail stay, in /etc, /var/lib and /var/log; --uninstall --purge removes them."
}

main() {
    # All that may be read before it is set: root's environment has variables, too.
    verb=install wanted='' dry='' purge='' undo='' made='' stopped='' before='' new='' held='' old_key=''
    export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
    umask 022
    case $url in https://*) ;; *) fail "This is a template; make repo URL=https://... fills it in." ;; esac
    read_arguments "$@"
    recognise_system
    refuse_what_cannot_work
    "${manager}_use"
    before=$("${manager}_installed")
    begin
    "${verb}_it"
}

# In braces, so that no part of this line is a command either; and what is run has no way to read this script's rest.
{ main "$@" </dev/null; }
