"""Bad input stops the play before anything on the host has changed, with one sentence that names the variable to set.

One play for all mistakes: each is a host of the inventory. Nothing is mocked but the facts about the machine.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import pytest
import yaml

from pamsignal.config.schema import find, key_names, load_schema, resolved
from tests.packaging.ansible import PROJECT, run

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
REPOSITORY = {"pamsignal_install_method": "repo", "pamsignal_repo_key_file": "{{ key }}"}
WHEEL = "pamsignal-1.0-py3-none-any.whl"
DOWNLOAD = {"pamsignal_install_method": "package_url", "pamsignal_package_checksum": "0" * 64}


def telegram(**changed):
    return {"sinks": {"phone": {"type": "telegram", "token": {"credential": "absent"}, "chat_id": 1, **changed}}}


def every_secret():
    """Return a configuration with every secret that the schema knows written out, and where they are."""
    root, places = load_schema(), []
    config = {"sinks": {kind: {"type": kind} for kind in root["definitions"]["sink"]["properties"]["type"]["enum"]}}
    for name in key_names(root):
        *above, key = name.split(".")
        place = functools.reduce(lambda place, part: place.setdefault(part, {}), above, config)
        schema = find(root, name)
        inner = [schema, schema.get("items", {}), schema.get("additionalProperties") or {}]
        kinds = [resolved(root, part).get("secret", False) for part in inner]
        if any(kinds) and not schema.get("may_be_plain"):
            place[key] = [SECRET, [SECRET], {"X-Token": SECRET}][kinds.index(True)]
            places.append(name)
        elif above[:1] == ["sinks"] and key not in place:
            place[key] = schema["examples"][0]
    return config, places


ALL_WRITTEN_OUT, SECRET_PLACES = every_secret()

# What is wrong → the variables of a host, and words of the sentence.
MISTAKES = {
    "a misspelt variable": ({"pamsignal_confg": {}}, ["pamsignal_confg"]),
    "a misspelt key": ({"pamsignal_config": {"detect": {"brute_fource": {}}}}, ["pamsignal_config", "brute_fource"]),
    "a misspelt key of a sink": (
        {"pamsignal_config": telegram(chatid=1)},
        ["pamsignal_config.sinks.phone.chatid", "chat_id"],
    ),
    "a kind of sink that is not there": (
        {"pamsignal_config": telegram(type="pigeon")},
        ["pamsignal_config", "pigeon", "telegram"],
    ),
    "a value that is not in a list": ({"pamsignal_config": {"log_level": "loud"}}, ["log_level", "loud", "warning"]),
    "a secret that is written out": (
        {"pamsignal_config": telegram(token=SECRET)},
        ["sinks.phone.token", "pamsignal_credentials"],
    ),
    "secrets in lists and headers": (
        {
            "pamsignal_config": {
                "sinks": {
                    "hook": {
                        "type": "webhook",
                        "url": "https://siem.example/",
                        "secrets": [SECRET],
                        "headers": {"file": SECRET},
                    }
                }
            }
        },
        ["sinks.hook.secrets", "sinks.hook.headers"],
    ),
    "every secret of the schema": ({"pamsignal_config": ALL_WRITTEN_OUT}, SECRET_PLACES),
    "a secret where a list of them belongs": (
        {
            "pamsignal_config": {
                "sinks": {"hook": {"type": "webhook", "url": "https://siem.example/", "secrets": SECRET}}
            }
        },
        ["sinks.hook.secrets"],
    ),
    "a secret below a key of another name": (
        {"pamsignal_config": telegram(token={"value": SECRET})},
        ["sinks.phone.token"],
    ),
    "a password in the address of a sink": (
        {"pamsignal_config": {"sinks": {"hook": {"type": "webhook", "url": f"https://me:{SECRET}@siem.example/"}}}},
        ["sinks.hook.url", "{credential: NAME}"],
    ),
    "a password in the addresses of packages": (
        {
            "pamsignal_repo_url": f"https://me:{SECRET}@packages.example/",
            "pamsignal_package_url": f"https://{SECRET}@packages.example/pamsignal_1.0_all.deb",
            "pamsignal_geolite2_url": f"https://me:{SECRET}@geoip.example",
        },
        ["pamsignal_repo_url", "pamsignal_package_url", "pamsignal_geolite2_url"],
    ),
    "addresses that anybody can listen to": (
        {"pamsignal_allow_http": False, "pamsignal_repo_url": NOWHERE, "pamsignal_geolite2_url": NOWHERE},
        ["pamsignal_repo_url, pamsignal_geolite2_url", "pamsignal_allow_http"],
    ),
    "nothing for pip": ({"pamsignal_install_method": "pip"}, ["pamsignal_pip_source"]),
    "any version for pip": (
        {"pamsignal_install_method": "pip", "pamsignal_pip_source": "pamsignal"},
        ["pamsignal_pip_source", "pamsignal_version"],
    ),
    "another version than the wheel's": (
        {
            "pamsignal_install_method": "pip",
            "pamsignal_pip_source": "{{ pamsignal_package_dir }}/" + WHEEL,
            "pamsignal_version": "2.0",
        },
        [WHEEL, "2.0", "pamsignal_version"],
    ),
    "another wheel than that of SHA256SUMS": (
        {"pamsignal_install_method": "pip", "pamsignal_pip_source": "{{ pamsignal_package_dir }}/" + WHEEL},
        [WHEEL, "SHA256SUMS beside it", "build or fetch"],
    ),
    "another wheel than that of the checksum": (
        {
            "pamsignal_install_method": "pip",
            "pamsignal_pip_source": "{{ pamsignal_package_dir }}/" + WHEEL,
            "pamsignal_pip_checksum": "0" * 64,
        },
        [WHEEL, "pamsignal_pip_checksum"],
    ),
    "a wheel without a checksum": (
        {"pamsignal_install_method": "pip", "pamsignal_pip_source": "{{ lone }}"},
        [WHEEL, "pamsignal_pip_checksum", "make wheel"],
    ),
    "a checksum of no wheel": (
        {
            "pamsignal_install_method": "pip",
            "pamsignal_pip_source": "pamsignal",
            "pamsignal_version": "1.0",
            "pamsignal_pip_checksum": "0" * 64,
        },
        ["pamsignal_pip_checksum", "pamsignal_pip_source"],
    ),
    "an address for geoipupdate": ({"pamsignal_geolite2_host": NOWHERE}, ["pamsignal_geolite2_host"]),
    "a credential that nobody gives": (
        {"pamsignal_config": telegram()},
        ["pamsignal_config", "absent", "pamsignal_credentials"],
    ),
    "a credential without a value": ({"pamsignal_credentials": {"token": " "}}, ["token", "pamsignal_credentials"]),
    "a credential that leads elsewhere": ({"pamsignal_credentials": {"../x": SECRET}}, ["../x"]),
    "no key for GeoLite2": ({"pamsignal_geolite2_method": "controller_copy"}, ["pamsignal_geolite2_license_key"]),
    "a host without systemd": ({"machine": {"init": "sysvinit"}}, ["sysvinit", "systemd 247"]),
    "an old systemd": ({"machine": {"systemd": 246}}, ["246", "systemd 247"]),
    "an unknown distribution": ({"machine": {"distribution": "Slackware"}}, ["Slackware", "pamsignal_install_method"]),
    "an old distribution": ({"machine": {"release": "10"}}, ["Debian 10", "pamsignal_package_format"]),
    "a package that was not built": ({"pamsignal_package_dir": "/nonexistent"}, ["make deb", "pamsignal_package_dir"]),
    "a version that is not there": ({"pamsignal_version": "9.9"}, ["9.9", "pamsignal_version"]),
    "two versions to choose from": ({"pamsignal_package_dir": "{{ two }}"}, ["1.0", "2.0", "pamsignal_version"]),
    "another package than that of SHA256SUMS": ({}, ["pamsignal_1.0_all.deb", "pamsignal_package_dir"]),
    "no address of the repository": ({"pamsignal_install_method": "repo"}, ["pamsignal_repo_url"]),
    "no key of the repository": (
        {**REPOSITORY, "pamsignal_repo_url": NOWHERE, "pamsignal_repo_key_file": "/nonexistent"},
        ["pamsignal_repo_key_file"],
    ),
    "a key that is none": (
        {
            **REPOSITORY,
            "pamsignal_repo_url": NOWHERE,
            "pamsignal_repo_key_file": "{{ playbook_dir }}/role_mistakes.yml",
        },
        ["pamsignal_repo_key_file", "BEGIN PGP PUBLIC KEY BLOCK"],
    ),
    "a repository out of reach": (
        {**REPOSITORY, "pamsignal_repo_url": NOWHERE},
        [f"a_repository_out_of_reach cannot fetch {NOWHERE}", "; correct pamsignal_repo_url"],
    ),
    "a download out of reach": (
        {**DOWNLOAD, "pamsignal_package_url": f"{NOWHERE}/pamsignal_1.0_all.deb"},
        [f"a_download_out_of_reach cannot fetch {NOWHERE}", "; correct pamsignal_package_url", "on: controller"],
    ),
    "a download out of the controller's reach": (
        {
            **DOWNLOAD,
            "pamsignal_package_url": f"{NOWHERE}/pamsignal_1.0_all.deb",
            "pamsignal_download_on": "controller",
        },
        [f"the controller cannot fetch {NOWHERE}", "; correct pamsignal_package_url."],
    ),
    "a download without a checksum": (
        {"pamsignal_install_method": "package_url", "pamsignal_package_url": f"{NOWHERE}/pamsignal_1.0_all.deb"},
        ["pamsignal_package_checksum"],
    ),
}


def sums(folder: Path, *names: str) -> Path:
    """Write packages that are none, and SHA256SUMS as if each were empty."""
    folder.mkdir()
    empty = hashlib.sha256().hexdigest()
    (folder / "SHA256SUMS").write_text("".join(f"{empty}  {name}\n" for name in names))
    for name in names:
        (folder / name).write_text("changed since")
    return folder


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Play them all; return the folder of answers and what Ansible printed at its most talkative."""
    folder = tmp_path_factory.mktemp("mistakes")
    answers = folder / "answers"
    answers.mkdir()
    (folder / "key.asc").write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    (folder / WHEEL).write_text("nobody has summed this up")
    common = {
        "lone": str(folder / WHEEL),
        "key": str(folder / "key.asc"),
        "answers": str(answers),
        "two": str(sums(folder / "two", "pamsignal_1.0_all.deb", "pamsignal_2.0_all.deb")),
        "pamsignal_package_dir": str(sums(folder / "one", "pamsignal_1.0_all.deb", WHEEL)),
        "pamsignal_allow_http": True,
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    hosts = {name.replace(" ", "_"): variables for name, (variables, _) in MISTAKES.items()}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": common}}))
    playbook = PROJECT / "tests/packaging/role_mistakes.yml"
    return answers, run("ansible-playbook", "-vvv", "--diff", "-i", folder / "hosts.yml", playbook).stdout


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_play_stops_with_one_sentence_that_says_what_to_correct(played, mistake):
    answers, printed = played
    answer = answers / mistake.replace(" ", "_")
    assert answer.exists(), printed[-4000:]
    sentence = answer.read_text()
    assert [word for word in MISTAKES[mistake][1] if word not in sentence] == [], sentence
    assert "\n" not in sentence.strip()
    assert "  " not in sentence


def test_a_sink_of_an_unknown_kind_is_one_mistake(played):
    sentence = (played[0] / "a_kind_of_sink_that_is_not_there").read_text()
    assert "chat_id" not in sentence
    assert ";" not in sentence


def test_no_secret_is_printed_while_it_is_refused(played):
    assert SECRET not in played[1]
