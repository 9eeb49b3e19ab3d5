"""Every command that a document shows can be run: of ours, it is held against what we have, of others, against a list.

A new command fails until somebody has added it here, with where it comes from; so does an option, by which a slip of the
pen is found. Some pages are run as a whole, too: docs/how-to/repository.md and docs/tutorial/first-hour.md by tests/system.
"""

from __future__ import annotations

import re

import pytest
import yaml

from pamsignal.cli import VERBS
from pamsignal.cli.arguments import build_parser
from tests.unit.docs.documents import BESIDE, DOCUMENTS, ROOT, all_blocks, code, name, prose
from tests.unit.docs.shell import calls, commands

PAGES = [*DOCUMENTS, *BESIDE]
ROLE = yaml.safe_load((ROOT / "roles/pamsignal/defaults/main.yml").read_text())
CONTROL = (ROOT / "packaging/debian/control").read_text()
VERBS_OF_MAKE = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
TYPED = re.search(r"^TYPED = (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
PURPOSES = re.findall(r"^(\w+)\) needs=", (ROOT / "tools/install.sh").read_text(), re.MULTILINE)

# Programs of others: where each comes from, and what of it the documents use.
OTHERS = {
    "coreutils": {
        "base64": "",
        "cat": "",
        "chmod": "-R",
        "chown": "",
        "cp": "-r",
        "echo": "",
        "head": "-c",
        "install": "-D -d -m -t",
        "ln": "-s",
        "mkdir": "",
        "mv": "",
        "printf": "",
        "rm": "-rf",
        "sha256sum": "--check --ignore-missing --quiet --strict",
        "sort": "",
        "tee": "-a",
        "tr": "-_",
        "uniq": "-c",
    },
    "the shell": {"cd": "", "sh": "-s --dry-run", "umask": ""},
    "essential on Debian and Fedora": {"diff": "", "grep": "", "gunzip": "--stdout", "sed": "-i", "su": ""},
    "sudo": {"sudoedit": ""},
    "OpenSSH": {"scp": "", "ssh": "-o"},
    "util-linux": {"logger": "-t"},
    "systemd": {
        "journalctl": "--facility --identifier --no-pager --since -D -f -g -o -t -u",
        "systemctl": "--failed --now --what",
        "systemd-analyze": "",
        "systemd-creds": "--name",
        "systemd-run": "--pipe --quiet --wait -p",
    },
    "the administrator's choice": {
        "curl": "- --config --create-dirs --proto --remote-name-all --silent -fsS -fsSLo -fsSo",
        "git": "--message --sign",
        "gh": "--repo",
        "jq": "-r",
        "less": "",
        "mail": "-M -s",
        "rsync": "--delay-updates --delete-after --recursive --times",
        "wget": "--max-redirect -qO-",
    },
    "Debian's and Ubuntu's uploaders": {"dput": ""},
    "GnuPG, where the page says so": {
        "gpg": "--armor --dearmor --export-secret-subkeys --import --list-keys --list-secret-keys --output "
        "--quick-add-key --quick-generate-key --quick-set-expire --show-keys --with-fingerprint --with-subkey-fingerprint",
        "gpgv": "--keyring",
    },
    "the package managers": {
        "apt": "--no-install-recommends",
        "apt-get": "--allow-downgrades --no-install-recommends --yes",
        "dnf": "--assumeyes --repo",
        "rpm": "--erase --query --queryformat",
    },
    "Prometheus": {"promtool": ""},
    "snapd": {"snap": "--dangerous --enable"},
    ".venv-ansible": {
        "ansible": "-i -m",
        "ansible-galaxy": "",
        "ansible-playbook": "--check --diff --extra-vars -i",
        "ansible-vault": "",
        "molecule": "",
    },
    "Python": {
        "/usr/bin/python3": "",
        "python3": "-m -q",
        ".venv/bin/python": "--cuts --kills --rounds --save --seconds --seed --write -m -q",
    },
    "ours": {"make": "", "pamsignal": "*", "tools/check_role.sh": "", "tools/install.sh": ""},
    "a host of the lab": {"~/.cache/pamsignal-lab/lab-default-*/ssh": "-i"},
}
OPTIONS = {program: options.split() for programs in OTHERS.values() for program, options in programs.items()}
# Of the distribution, beyond what our packages depend on or suggest.
PACKAGES = {"apprise", "epel-release", "python3-apprise", "python3-prometheus_client", "gpg"}
UNITS = {"auditd", "pamsignal", "pamsignal.service", "systemd-journald-audit.socket", "systemd-journald", "nginx"}
# Where pamsignal has anything on a host, and a file that an example of the configuration names.
PLACES = {
    "/etc/pamsignal",
    "/etc/pamsignal/credentials",
    "/etc/pamsignal/pamsignal.yaml",
    "/etc/pamsignal/pamsignal.yaml.rpmsave",
    "/etc/pamsignal/slack-url",
    "/run/pamsignal",
    "/run/pamsignal/metrics.prom",
    "/run/pamsignal/status.json",
    "/usr/bin/pamsignal",
    "/usr/lib/pamsignal",
    "/usr/lib/pamsignal/pamsignal",
    "/usr/libexec/pamsignal",
    "/usr/libexec/pamsignal/stage-config",
    "/var/lib/pamsignal",
    "/var/lib/pamsignal/state.db",
    "/var/log/pamsignal",
}
OURS = re.compile(r"/(?:etc|run|usr/bin|usr/lib|usr/libexec|var/lib|var/log)/pamsignal[^\s:`'\"]*")


def is_taken(parser, call):
    try:
        parser.parse_args(call)
    except SystemExit as end:  # --version and --help end with 0
        return not end.code
    return True


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_command_line_is_one_that_pamsignal_takes(path):
    parser = build_parser(VERBS)
    shown = [call[1:] for _, call in commands(path) if call[0] == "pamsignal"]
    assert [call for call in shown if not is_taken(parser, call)] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_program_and_option_is_one_that_somebody_looked_up(path):
    unknown = [
        (place, call[0], option)
        for place, call in commands(path)
        for option in ["(itself)", *(word.partition("=")[0] for word in call[1:] if re.match("--?[a-zA-Z_]|-$", word))]
        if call[0] not in OPTIONS or (option not in ["(itself)", *OPTIONS[call[0]]] and OPTIONS[call[0]] != ["*"])
    ]
    assert unknown == []


def test_nothing_stands_in_the_list_that_no_document_shows():
    shown = [call for path in PAGES for _, call in commands(path)]
    words = {(call[0], word.partition("=")[0]) for call in shown for word in call[1:]}
    stale = {
        (program, option) for program, options in OPTIONS.items() for option in options if options != ["*"]
    } - words
    assert {*OPTIONS} - {call[0] for call in shown} | stale == set()


def make(words):
    for word in words:
        variable, equals, _ = word.partition("=")
        if variable not in TYPED if equals else word not in VERBS_OF_MAKE:
            yield word


def install(words):
    """`tools/install.sh PURPOSE`."""
    return [word for word in words if word not in PURPOSES]


def systemctl(words):
    made = {
        match[1]
        for block in all_blocks("ini")
        for match in re.finditer(r"^# /etc/systemd/system/(\S+)$", block.text, re.MULTILINE)
    }
    verbs = {
        "clean",
        "daemon-reload",
        "disable",
        "edit",
        "enable",
        "is-active",
        "is-enabled",
        "reload",
        "restart",
        "start",
    }
    verb, *units = [word for word in words if not word.startswith("-")] or ["start"]
    yield from {verb} - verbs - {"cat", "show", "status", "stop"}
    yield from {*units} - UNITS - made


def packages(words):
    """`apt`, `dnf`: what to do, and to which packages; files of ours have our names."""
    verb, *named = [word for word in words if not word.startswith("-")]
    yield from {verb} - {
        "clean",
        "download",
        "downgrade",
        "install",
        "makecache",
        "purge",
        "remove",
        "repolist",
        "update",
        "upgrade",
    }
    for package in named:
        plain = re.sub(r"^\./(?:dist/)?pamsignal[_-]\*[_.](?:all\.deb|noarch\.rpm)$|[=-]\d[\d.]*$", "", package)
        if plain not in {"", "pamsignal", *PACKAGES} and f" {plain}" not in CONTROL:
            yield package


def playbook(words):
    """`ansible-playbook`: files of the checkout, its example inventory copied, and variables of the role."""
    for before, word in zip(["", *words], words):
        if before == "--extra-vars":
            yield from {word.partition("=")[0]} - {*ROLE}
        elif before == "-i":
            yield from {word} - {"~/pamsignal-inventory"}
        elif word.endswith(".yml") or word.startswith("pamsignal."):
            file = word if word.endswith(".yml") else f"playbooks/{word.rpartition('.')[2]}.yml"
            yield from [] if (ROOT / file).is_file() else [word]


CHECKS = {
    "make": make,
    "tools/install.sh": install,
    "systemctl": systemctl,
    "apt": packages,
    "apt-get": packages,
    "dnf": packages,
    "ansible-playbook": playbook,
}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_what_is_named_to_a_program_is_there(path):
    wrong = [
        (place, call[0], word)
        for place, call in commands(path)
        for word in (CHECKS[call[0]](call[1:]) if call[0] in CHECKS else [])
    ]
    assert wrong == []


def places_in(path):
    """Paths of ours, in commands and between backticks."""
    for text in [*(" ".join(call) for _, call in commands(path)), *code(prose(path))]:
        yield from (place.rstrip("/.,)") for place in OURS.findall(text))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_place_on_a_host_is_one_that_pamsignal_has(path):
    credentials = re.findall(r"\{credential: ([\w-]+)\}", path.read_text())
    known = PLACES | {f"/etc/pamsignal/credentials/{credential}" for credential in credentials}
    assert {place for place in places_in(path) if place not in known} == set()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_file_of_the_checkout_that_a_command_names_is_there(path):
    folders = tuple(f"{folder}/" for folder in ("examples", "inventories", "packaging", "playbooks", "tests", "tools"))
    named = {word for _, call in commands(path) for word in call if word.startswith(folders)}
    assert [word for word in named if not (ROOT / word).exists()] == []


def test_every_verb_and_every_program_that_is_looked_at_stands_in_some_document():
    found = [call for path in DOCUMENTS for _, call in commands(path)]
    assert {call[1] for call in found if call[0] == "pamsignal" and call[1:]} >= {*VERBS} - {"run"}
    assert {call[0] for call in found} >= {*CHECKS}


def test_a_call_is_found_wherever_it_stands_in_a_line():
    line = "grep sshd a.log | sudo pamsignal explain --json - > b.txt && X=1 pamsignal status  # how is it?"
    assert list(calls(line)) == [
        ["grep", "sshd", "a.log"],
        ["pamsignal", "explain", "--json", "-"],
        ["pamsignal", "status"],
    ]


def test_a_call_is_found_in_loops_substitutions_and_around_here_documents():
    text = "tee a <<'END'\nmake nothing\nEND\nfor n in a b; do ssh \\\n  $n \"$(make deb)\"; done\n"
    assert list(calls(text)) == [["tee", "a"], ["make", "deb"], ["ssh", "$n", "SUBSTITUTED"]]
