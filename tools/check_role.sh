#!/bin/sh
# Lint the role, and try it with Molecule on real hosts: all scenarios, or those that are named. Their packages and
# signed repositories are built here, with a key to throw away; nothing is left but a log of each in build/role.
#   tools/check_role.sh [SCENARIO...]
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv-ansible/bin:$PATH
log=$PWD/build/role
mkdir -p "$log"

tools/lint_role.sh >"$log/lint" 2>&1 &
linting=$!

PAMSIGNAL_ARTEFACTS=$(mktemp -d)
export PAMSIGNAL_ARTEFACTS
trap 'rm -rf "$PAMSIGNAL_ARTEFACTS"' EXIT
trap 'exit 1' INT TERM
chmod 0755 "$PAMSIGNAL_ARTEFACTS" # one play is run by somebody who is not root
.venv/bin/python -m tests.system.artefacts "$PAMSIGNAL_ARTEFACTS"
linted=0
wait "$linting" || linted=$?
cat "$log/lint"
[ "$linted" = 0 ] || exit "$linted"

# A playbook that Molecule does not find is none of its errors; of ours it is one.
is_good() { [ "$1" = 0 ] && ! grep -q 'Missing playbook' "$2"; }

verdict=0
[ $# -gt 0 ] || set -- default alternative upgrade
for scenario; do
    begun=$(date +%s) status=0
    MOLECULE_COMMAND_BORDERS=0 NO_COLOR=1 molecule test --scenario-name "$scenario" >"$log/$scenario" 2>&1 || status=$?
    took=$(($(date +%s) - begun))
    if is_good "$status" "$log/$scenario"; then
        echo "molecule $scenario: good, $took s"
    else
        verdict=1
        cat "$log/$scenario"
        echo "FAILED: molecule $scenario, after $took s (build/role/$scenario)"
    fi
done
exit "$verdict"
