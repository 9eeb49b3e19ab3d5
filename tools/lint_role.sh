#!/bin/sh
# Lint the role, the playbooks, the inventories and the scenarios, and build the collection, which has to be whole.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv-ansible/bin:$PATH
yamllint --strict .ansible-lint .yamllint galaxy.yml meta roles playbooks inventories molecule .config
ansible-lint --strict galaxy.yml meta roles playbooks inventories molecule .config
for playbook in playbooks/*.yml; do ansible-playbook --inventory inventories/example --syntax-check "$playbook"; done
collection=$(mktemp -d)
trap 'rm -rf "$collection"' EXIT
ansible-galaxy collection build --output-path "$collection"
