"""`pamsignal support-dump`: all of it, nothing private in it, and something of it whatever is broken."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from pamsignal.runtime.directories import Directories
from pamsignal.support import NOT_READABLE, Question, collected
from tests.harness.checkout import PROJECT
from tests.harness.command import json_lines, misfits, pamsignal
from tests.harness.daemon import a_failure, a_login, ports
from tests.harness.journals import an_entry, write_journal

SECTIONS = [
    "versions",
    "installation",
    "configuration",
    "unit",
    "status",
    "store",
    "trail",
    "journal",
    "clock",
    "log",
]
# Nothing of these may be in a dump, whole or in part.
CANARIES = ("canary", "192.0.2.", "203.0.113.", "198.51.100.", "2001:db8", "4477002211", "1899001122")
# No sink but the first gets anything: nothing may leave the machine that runs the tests.
CONFIG = """\
hostname: canaryhost.canary-corp.example.net
timezone: Antarctica/Troll
journal: {{directory: {folder}/journal}}
ignore_services: [cron, canary-service]
trusted: {{networks: [192.0.2.0/24, "2001:db8:77::/48", 198.51.100.77], users: [canaryuser, "CANARY\\\\dora"]}}
detect: {{logins: {{user_hours: {{canaryops: ["02:00-04:00"]}}}}}}
cloud: {{provider: canarycloud, region: canaryregion}}
templates: {{login_success: {{headline: "Canary {{user}} is here"}}}}
sinks:
  hook:
    type: webhook
    url: {url}
    ca_file: {folder}/canary-ca.pem
    signing: none
    headers: {{X-Canary-Header: canaryheader}}
  canarybot: {{type: telegram, actions: [journal_gap], token: "123456789:canaryAAHkqzzzzzzzzzzzzzzzzzzzzzzzz", chat_id: -4477002211, thread_id: 1899001122}}
  canarychat: {{type: slack, actions: [journal_gap], url: https://hooks.slack.com/services/TCANARY/BCANARY/canarycanary}}
  canaryteams: {{type: teams, actions: [journal_gap], url: "https://canary.westeurope.logic.azure.com/workflows/canary?sig=canary"}}
  canarymail:
    type: email
    actions: [journal_gap]
    host: smtp.canary-corp.example
    username: canaryname
    password: canarypassword
    sender: canary@canary-corp.example
    to: [canary.admin@canary-corp.example]
  canaryntfy: {{type: ntfy, actions: [journal_gap], topic: canarytopic, url: https://ntfy.canary-corp.example, token: tk_canary}}
  canaryapp: {{type: apprise, actions: [journal_gap], url: "pover://canaryuser@canarytoken"}}
heartbeat: {{url: https://canary-beat.example.org/ping/canary}}
trail: {{key: a canary key}}
"""


def places(folder):
    return Directories(*(f"{folder}/{name}" for name in ("state", "logs", "run")))


def dump_of(folder, journal=None, config=None):
    options = ("--directory", str(journal or folder))
    question = Question(
        str(config or folder / "pamsignal.yaml"), places(folder), f"{folder}/run/status.json", 50, options
    )
    return collected(question)


def a_log_line(message, number, **changes):
    ours = {"SYSLOG_IDENTIFIER": "pamsignal", "_SYSTEMD_UNIT": "pamsignal.service", "_TRANSPORT": "stdout"}
    return an_entry(message, after_s=number, **{**ours, **changes})


LOG = [
    "watching sinks=7 config=/run/pamsignal/pamsignal.yaml",
    (
        'the sink does not take alerts; they wait sink=canarybot alerts=2 reason=network detail="HTTPSConnectionPool('
        "host='api.telegram.org', port=443): url: /bot123456789:canaryAAHkqzzzzzzzzzzzzzzzzzzzzzzzz/sendMessage\""
    ),
    (
        'the sink does not take alerts; they wait sink=canarymail reason=network detail="smtp.canary-corp.example:587: '
        'Name or service not known"'
    ),
    'sink paused about=canarychat trouble="canaryuser canaryuser2 from 203.0.113.99 and 2001:db8:77::1 to [2001:db8::1]:22"',
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3/dist-packages/pamsignal/daemon/monitor.py", line 208, in _think',
    "ValueError: invalid user canary\x1b[2Jesc \u202ecanary <canary@x.example> 'canary' canary-canary_canary.canary",
    "/etc/pamsignal/pamsignal.yaml:3:5: sinks.canarybot.tokn: unknown key, did you mean token? found canarysecret",
    b"binary \xff\xfe canarybytes",
]


@pytest.fixture
def host(watched, receiver, tmp_path):
    """A daemon that met canaries, with a configuration full of them, and a journal with its log."""
    (tmp_path / "ca.pem").rename(tmp_path / "canary-ca.pem")
    watched.configure(CONFIG.format(folder=tmp_path, url=receiver.url("/canary?canary=canary")))
    watched.start()
    watched.write(a_login(1, "canarylogin"), *(a_failure(number, "198.51.100.9") for number in range(9)))
    watched.until(lambda: ports(receiver))
    watched.send(10)  # SIGUSR1: the status, now
    watched.until((tmp_path / "run" / "status.json").exists)
    entries = [a_log_line(message, number) for number, message in enumerate(LOG)]
    alert = a_log_line("Login: canarylogin from 203.0.113.9", 98, _TRANSPORT="journal", PAMSIGNAL_RULE="login_success")
    # journalctl knows the manager's lines by the pid, and from systemd 257 (Debian 13) at the latest by the control group.
    manager = {"_SYSTEMD_UNIT": "init.scope", "_SYSTEMD_CGROUP": "/init.scope", "_PID": 1}
    manager |= {"SYSLOG_IDENTIFIER": "systemd", "_TRANSPORT": "journal"}
    ended = a_log_line("pamsignal.service: Failed with result 'exit-code'.", 99, UNIT="pamsignal.service", **manager)
    write_journal(tmp_path / "own" / "system.journal", [*entries, alert, ended])
    return tmp_path


def test_canaries_in_configuration_events_files_and_log_are_nowhere_in_it(host):
    dump = dump_of(host, host / "own")
    text = json.dumps(dump, ensure_ascii=False).lower()
    assert [canary for canary in CANARIES if canary.lower() in text] == []
    assert "antarctica" not in text
    assert {name for name in dump if dump[name]["found"] is None} <= {"unit", "clock", "journal"}


def test_a_reader_can_still_follow_what_happened(host):
    dump = dump_of(host, host / "own")
    log, effective = dump["log"]["found"], dump["configuration"]["found"]["effective"]
    (telegram,) = [name for name, sink in effective["sinks"].items() if sink["type"] == "telegram"]
    (mail,) = [name for name, sink in effective["sinks"].items() if sink["type"] == "email"]
    assert any(f"sink={telegram} alerts=2 reason=network" in line for line in log)
    assert any(
        f"sink={mail} reason=network" in line and f"{effective['sinks'][mail]['host']}:587" in line for line in log
    )
    assert telegram in dump["status"]["found"]["sinks"]
    assert any("daemon/monitor.py" in line and "line 208, in _think" in line for line in log)
    assert any("Failed with result 'exit-code'" in line for line in log)
    assert not any("Login:" in line for line in log)
    assert dump["status"]["found"]["process_is_there"] is True
    assert dump["store"]["found"]["database"]["check"] == "ok"
    assert dump["store"]["found"]["database"]["rows"]["known"] >= 1
    assert dump["trail"]["found"]["files"] == 1
    assert dump["versions"]["found"]["libraries"]["requests"]


def test_where_nothing_is_each_section_says_so_and_the_dump_is_there(tmp_path):
    answer = pamsignal("support-dump", "--config", tmp_path / "none.yaml", env=nowhere(tmp_path))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert [line.strip("= ") for line in answer.stdout.splitlines() if line.startswith("== ")] == SECTIONS
    assert "No such file or directory" in answer.stdout
    assert "nothing was sent" in answer.stdout


def nowhere(folder):
    names = ("STATE_DIRECTORY", "LOGS_DIRECTORY", "RUNTIME_DIRECTORY")
    (folder / "STATE_DIRECTORY").mkdir(exist_ok=True)
    return {"PATH": "/usr/bin:/bin", **{name: str(folder / name) for name in names}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sinks: [canary\n", "YAML"),
        ("canarykey: 1\n", "1:1"),
        ("sinks: {canary: {type: slack, tokn: https://hooks.slack.com/canary}}\n", "ca_file"),
        ("trusted: {users: [1]}\ncanary: \x01", "control character"),
    ],
)
def test_a_broken_configuration_is_told_and_not_quoted(tmp_path, text, said):
    (tmp_path / "pamsignal.yaml").write_text(text)
    (tmp_path / "pamsignal.yaml").chmod(0o600)
    found = dump_of(tmp_path)["configuration"]
    assert found["trouble"] is None
    assert found["found"]["usable"] is False
    assert found["found"]["problems"] != []
    assert "canary" not in json.dumps(found)
    assert said in json.dumps(found)


def test_json_fits_its_schema(tmp_path):
    answers = json_lines(pamsignal("support-dump", "--json", env=nowhere(tmp_path)).stdout)
    assert len(answers) == 1
    assert misfits("support-dump", answers) == []


def test_a_file_is_new_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "dump.txt"
    first = pamsignal("support-dump", "--output", path, env=nowhere(tmp_path), umask=0)
    again = pamsignal("support-dump", "--output", path, env=nowhere(tmp_path))
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr == f"{path}: written; read it before you give it to somebody\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "== log ==" in path.read_text()
    assert (again.returncode, again.stderr) == (2, f"pamsignal: {path} is there already; name a new file\n")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert pamsignal("support-dump", "--output", tmp_path / "link", env=nowhere(tmp_path)).returncode == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_number_of_lines_that_makes_no_sense_is_2():
    assert pamsignal("support-dump", "--lines", "0").returncode == 2


def test_a_damaged_store_and_a_trail_that_is_none_end_nothing(tmp_path):
    for name in ("state", "logs", "run"):
        (tmp_path / name).mkdir()
    (tmp_path / "state" / "state.db").write_bytes(b"canary" * 1000)
    (tmp_path / "logs" / "trail-000000000001.jsonl").mkdir()
    (tmp_path / "logs" / "canary-notes.txt").write_text("x")
    (tmp_path / "run" / "status.json").write_text('["canary"]')
    dump = dump_of(tmp_path)
    assert "cannot be read as the state" in dump["store"]["trouble"]
    assert dump["trail"]["found"]["files"] == 1
    assert "is not a status file" in dump["status"]["trouble"]
    assert "canary" not in json.dumps(dump)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_without_root_it_says_what_it_cannot_read_and_gives_the_rest(open_folder):
    for directory in ("state", "logs", "run"):
        (open_folder / directory).mkdir(mode=0o700)
    (open_folder / "pamsignal.yaml").write_text("log_level: debug\n")
    (open_folder / "pamsignal.yaml").chmod(0o600)
    program = (
        "import os, sys, json\n"
        "from pamsignal.support import collected\n"
        "from tests.edge.test_cli_support_dump import dump_of\n"
        "from pathlib import Path\n"
        "os.setresuid(65534, 65534, 65534)\n"
        f"print(json.dumps(dump_of(Path({str(open_folder)!r}))))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    dump = json.loads(done.stdout)
    assert [name for name, section in dump.items() if section["trouble"] == NOT_READABLE] == [
        "configuration",
        "status",
        "store",
        "trail",
    ]
    assert "run as root" in dump["log"]["trouble"]
    assert dump["versions"]["found"]["python"]
