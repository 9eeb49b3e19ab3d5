"""The role as it lies in the checkout: its variables are told alike everywhere, its files are the packaged ones."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import yaml

from pamsignal import __version__
from tests.packaging.ansible import PROJECT, ROLE, run

# What no Molecule scenario sets → why. A choice stands behind an equals sign.
NEVER_TRIED: dict[str, str] = {}

TASKS = sorted([*ROLE.glob("tasks/*.yml"), *ROLE.glob("handlers/*.yml"), *PROJECT.glob("playbooks/*.yml")])


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def options():
    return load(ROLE / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


@pytest.fixture(scope="module")
def told():
    """Return the README's table: variable to (default, meaning)."""
    rows = re.findall(r"^\| `(pamsignal_\w+)` \| `([^|]+)` \| (.+) \|$", (ROLE / "README.md").read_text(), re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def in_table(default):
    """Write a default as the README does: text bare, everything else as YAML on one line."""
    if isinstance(default, str):
        return default or '""'
    return f"[{', '.join(default)}]" if default and isinstance(default, list) else json.dumps(default)


def test_every_variable_has_one_default_wherever_it_is_told(options):
    assert {name: option["default"] for name, option in options.items()} == load(ROLE / "defaults/main.yml")


def test_the_readme_tells_every_variable_with_its_default_and_its_choices(options, told):
    assert list(told) == list(options)
    for name, option in options.items():
        default, meaning = told[name]
        assert default == in_table(option["default"]), name
        assert all(choice in meaning for choice in option.get("choices", ())), name


def test_variables_that_hold_secrets_are_not_logged(options):
    hidden = {name for name, option in options.items() if option.get("no_log")}
    assert hidden == {"pamsignal_credentials", "pamsignal_geolite2_license_key"}


def settings(value):
    """Yield each key and value of nested YAML."""
    for key, below in value.items() if isinstance(value, dict) else ():
        yield key, below
        yield from settings(below)
    for below in value if isinstance(value, list) else ():
        yield from settings(below)


def test_every_variable_and_every_choice_is_tried_by_a_scenario_or_it_is_told_why_not(options):
    tried = {f"{name}={option['default']}" for name, option in options.items()}  # by the one without variables
    for path in (PROJECT / "molecule").rglob("*.yml"):
        for name, value in settings(load(path)):
            tried |= {name, *(f"{name}={word}" for word in re.findall(r"\w+", str(value)))}
    wanted = {*options, *(f"{name}={one}" for name, option in options.items() for one in option.get("choices", ()))}
    assert wanted - tried == set(NEVER_TRIED)


def test_a_changed_secret_is_rolled_out_without_a_package_on_the_controller():
    listed = {}
    for phase in ("install", "configure"):
        playbook = ["-i", PROJECT / "inventories/example", "--list-tasks", "--tags", f"pamsignal_{phase}"]
        shown = run("ansible-playbook", *playbook, PROJECT / "playbooks/deploy.yml").stdout
        listed[phase] = set(re.findall(r"pamsignal : (.+?)\s+TAGS", shown))
    needs_a_package = {"Check the package on the controller", "Want the version that was to be installed"}
    assert needs_a_package <= listed["install"]
    assert "Write the configuration" in listed["configure"]
    assert needs_a_package.isdisjoint(listed["configure"])


def test_every_variable_is_used(options):
    used = "".join(
        path.read_text() for folder in ("tasks", "templates", "vars") for path in ROLE.rglob(f"{folder}/**/*.*")
    )
    assert [name for name in options if not re.search(rf"\b{name}\b", used)] == []


@pytest.mark.parametrize("name", ["pamsignal.service", "stage-config"])
def test_without_a_package_the_role_installs_the_very_files_of_the_packages(name):
    assert (ROLE / "files" / name).resolve() == PROJECT / "packaging/systemd" / name


def modules(tasks):
    """Yield the modules of a list of tasks, blocks included."""
    for task in tasks:
        yield from (key for key in task if "." in key)
        for part in ("block", "rescue", "always"):
            yield from modules(task.get(part, ()))


@pytest.mark.parametrize("path", TASKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_modules_of_ansible_itself_are_used_and_no_injected_facts(path):
    tasks = load(path)
    tasks = [task for play in tasks for task in play.get("tasks", ())] if path.parent.name == "playbooks" else tasks
    assert [name for name in modules(tasks) if not name.startswith("ansible.builtin.")] == []
    assert not re.search(r"\bansible_(distribution|os_family|pkg_mgr|service_mgr|hostname)\b", path.read_text())


def test_the_example_inventory_knows_three_hosts_and_merges_what_is_different_on_one(tmp_path):
    inventory = shutil.copytree(PROJECT / "inventories/example", tmp_path / "inventory")
    of_one = inventory / "host_vars/db-01.yml"
    assert load(of_one) is None  # nobody's host is different before somebody says so
    of_one.write_text(re.sub(r"^# (?=( |config_|pamsignal_))", "", of_one.read_text(), flags=re.MULTILINE))
    assert load(inventory / "hosts.yml")["pamsignal"]["hosts"].keys() == {"web-01", "web-02", "db-01"}
    shown = run("ansible", "db-01", "-i", inventory, "-m", "ansible.builtin.debug", "-a", "var=pamsignal_config").stdout
    config = yaml.safe_load(shown.partition("=>")[2])["pamsignal_config"]
    assert config["detect"]["brute_force"]["attempts"] == 10
    assert config["sinks"]["phone"]["token"] == {"credential": "telegram-token"}


def test_a_vault_made_from_the_example_gives_the_credentials(tmp_path):
    inventory = tmp_path / "group_vars/all"
    inventory.mkdir(parents=True)
    (tmp_path / "hosts").write_text("web-01\n")
    (tmp_path / "password").write_text("of the vault\n")
    example = PROJECT / "inventories/example/group_vars/all"
    (inventory / "main.yml").write_text((example / "main.yml").read_text())
    (inventory / "vault.yml").write_text((example / "vault.yml.example").read_text())
    key = f"--vault-password-file={tmp_path / 'password'}"
    assert run("ansible-vault", "encrypt", key, inventory / "vault.yml").returncode == 0
    assert "replace-this" not in (inventory / "vault.yml").read_text()
    variable = "-avar=pamsignal_credentials['telegram-token']"
    shown = run("ansible", "web-01", "-i", tmp_path / "hosts", key, "-m", "ansible.builtin.debug", variable).stdout
    assert "123456789:AAreplace-this-with-the-token-of-your-bot" in shown


def test_the_collection_has_the_version_of_pamsignal_and_plays_from_where_it_is_installed(tmp_path):
    assert load(PROJECT / "galaxy.yml")["version"] == __version__
    built = run("ansible-galaxy", "collection", "build", "--output-path", tmp_path)
    assert built.returncode == 0, built.stdout
    archive = next(tmp_path.glob("pamsignal-pamsignal-*.tar.gz"))
    installed = run("ansible-galaxy", "collection", "install", "--offline", "-p", tmp_path / "collections", archive)
    assert installed.returncode == 0, installed.stdout
    collection = tmp_path / "collections/ansible_collections/pamsignal/pamsignal"
    assert (collection / "roles/pamsignal/files/stage-config").read_text().startswith("#!/usr/bin/python3 -Es")
    assert {path.name for path in collection.iterdir()}.isdisjoint({"tests", "tools", "molecule", "dist", "pamsignal"})
    inventory = PROJECT / "inventories/example"
    playbook = ["-i", inventory, "--list-tasks", "pamsignal.pamsignal.deploy"]
    listed = run("ansible-playbook", *playbook, cwd=tmp_path, ANSIBLE_COLLECTIONS_PATH=str(tmp_path / "collections"))
    assert "Ask for the installed version" in listed.stdout


def test_one_version_of_ansible_is_asked_for_everywhere():
    wanted = load(PROJECT / "meta/runtime.yml")["requires_ansible"]
    least = load(ROLE / "meta/main.yml")["galaxy_info"]["min_ansible_version"]
    assert wanted == f">={least}.0"
    assert f"ansible-core {least} or later" in (ROLE / "README.md").read_text()
