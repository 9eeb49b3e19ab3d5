#!/bin/sh
# Install what a verb of the Makefile needs: "run", "dev", "lint", "deb", "rpm", "package", "python", "wheel", "role",
# "release", "audit", "docs", "mutants" or "pins"; "all" is all but "python", "wheel", "audit", "mutants" and "pins", and a
# browser for the tests of the site, where the distribution has one. Says what it is about to install, and installs only what is missing.
set -eu
cd "$(dirname "$0")/.."

case $1 in
run) needs="run" ;;
dev) needs="run dev" ;;
lint) needs="run dev release" ;;
deb) needs="run deb" ;;
rpm) needs="run rpm" ;;
package) needs="run deb rpm package" ;;
python) needs="python" ;;
wheel) needs="wheel" ;;
role) needs="run dev deb rpm package role" ;;
release) needs="run deb rpm package release" ;;
audit) needs="python audit" ;;
docs) needs="docs" ;;
mutants) needs="run dev mutants" ;;
pins) needs="pins" ;;
all) needs="run dev deb rpm package role release docs browser" ;;
*)
    echo "What for? One of run, dev, lint, deb, rpm, package, python, wheel, role, release, audit, docs, mutants, pins, all." >&2
    exit 2 ;;
esac

needed() { case " $needs " in *" $1 "*) ;; *) return 1 ;; esac }

if command -v apt-get >/dev/null; then system=apt column=2
elif command -v dnf >/dev/null; then system=dnf column=3
else
    echo "Neither apt-get nor dnf is here. Please install what tools/packages.txt lists." >&2
    exit 1
fi

wanted() { awk -v need="$1" -v column="$column" '$1 == need && $column != "-" { print $column }' tools/packages.txt; }

is_installed() {
    case $system in
    apt) dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed' ;;
    dnf) rpm --query --quiet "$1" ;;
    esac
}

is_stale() { [ ! -e "$1" ] || [ -n "$(find "$2" -newer "$1")" ]; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else
        echo "This needs root, and there is no sudo: run make as root." >&2
        exit 1
    fi
}

# Archives are renewed, networks away, and other programs at work with dpkg, for a while.
export PIP_RETRIES=10 PIP_TIMEOUT=60
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes -o Acquire::Retries=5 -o DPkg::Lock::Timeout=600 "$@"; }

missing=
for need in $needs; do
    for package in $(wanted "$need"); do is_installed "$package" || missing="$missing $package"; done
done

if [ -n "$missing" ]; then
    echo "Installing with $system:$missing"
    case $system in
    apt)
        apt_get update
        # shellcheck disable=SC2086 # a list of words
        apt_get --no-install-recommends install $missing ;;
    dnf)
        # shellcheck disable=SC2086 # a list of words
        as_root dnf --quiet --assumeyes --setopt=install_weak_deps=False install $missing ;;
    esac
fi

if needed browser && [ "$system" = apt ]; then
    for package in $(wanted browser); do
        # Ubuntu has none but a snap, which sees no files of ours.
        is_installed "$package" || ! apt-cache show --quiet "$package" >/dev/null 2>&1 || (
            echo "Installing with apt: $package"
            apt_get --no-install-recommends install "$package")
    done
fi

if needed dev && [ "$system" = apt ] && is_stale build/unpacked/unpacked tools/packages.txt; then
    # shellcheck disable=SC2046 # a list of words
    tools/unpack.sh $(wanted unpack)
fi

if needed dev; then
    # From the distribution's Python, because its journal bindings belong to that one alone.
    [ -x .venv/bin/python ] || /usr/bin/python3 -m venv --system-site-packages .venv
    if is_stale .venv/installed pyproject.toml; then
        echo "Installing with pip into .venv: the tools of the tests (pyproject.toml, \"dev\")"
        .venv/bin/python -m pip install --quiet --upgrade pip
        .venv/bin/python -m pip install --quiet --editable '.[dev]'
        touch .venv/installed
    fi
fi

# Each in an environment of its own: what they bring along would hide the distribution's libraries, which the tests use.
# What a release is made with comes in the very files that tools/pinned-*.txt know, or not at all.
environment() {
    # shellcheck disable=SC2086 # an option or none
    [ -x ".venv-$1/bin/python" ] || /usr/bin/python3 -m venv ${4:-} ".venv-$1"
    is_stale ".venv-$1/installed" "$2" || return 0
    echo "Installing with pip into .venv-$1: $3 ($2)"
    case $2 in
    */pinned-*) ".venv-$1/bin/python" -m pip install --quiet --require-hashes --requirement "$2" ;;
    *)
        ".venv-$1/bin/python" -m pip install --quiet --upgrade pip
        ".venv-$1/bin/python" -m pip install --quiet --requirement "$2" ;;
    esac
    touch ".venv-$1/installed"
}

! needed role || environment ansible tools/requirements-role.txt "Ansible, Molecule and their linters"
! needed release || environment release tools/pinned-release.txt "what checks workflows and bills of materials"
! needed wheel || environment wheel tools/pinned-wheel.txt "what builds the wheel"
! needed audit || environment audit tools/requirements-audit.txt "what asks for known holes"
! needed docs || environment docs tools/pinned-docs.txt "Sphinx, its Markdown and its theme"
! needed mutants || environment mutants tools/requirements-mutants.txt "mutmut, and what runs tests" --system-site-packages
! needed pins || environment pins tools/requirements-pins.txt "what resolves and pins"
