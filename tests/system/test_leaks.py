"""Secrets of every kind, in every way to keep them, while every delivery fails: nothing that the host shows has one."""

from __future__ import annotations

import contextlib
import json
import re

import pytest

from tests.harness.waiting import until
from tests.system import attacks, canaries
from tests.system.canaries import CREDENTIALS, FILES, SECRETS
from tests.system.monitor import CONFIG

MODULES = "/usr/lib/python3/dist-packages/pamsignal"
RELEASE = 12  # one shows it: what is looked at is our own code, and each release would take a quarter of a minute
# Where secrets may lie, and nowhere else.
PLACES = {CONFIG, *(f"{CREDENTIALS}/{kind}" for kind in canaries.AS_CREDENTIALS)}
PLACES |= {f"{FILES}/{kind}" for kind in canaries.IN_FILES}
PLACES |= {"/run/pamsignal/pamsignal.yaml", "/run/pamsignal/credentials.json"}
SEARCHED = "/dev /etc /home /media /mnt /opt /root /run /srv /tmp /var"
# Bugs put into a copy of the program: one in a sink, whose error quotes the secret, and one that ends the daemon.
SINK_BUG = """
def _broken(self, alerts):
    raise RuntimeError(self._channel.request_for(alerts[0], 0).url.reveal())
HttpSink.deliver = _broken
"""
DAEMON_BUG = """
def _broken(self):
    raise RuntimeError("a bug of the test")
Monitor.run = _broken
"""
OUTPUTS = {
    "status": "pamsignal status; pamsignal status --json; cat /run/pamsignal/status.json",
    "support dump": "pamsignal support-dump; pamsignal support-dump --json",
    "configuration": "pamsignal check-config; pamsignal check-config --show-effective",
    "test alert": "pamsignal test-alert; pamsignal test-alert --json; pamsignal test-alert --dry-run",
    "trail": "pamsignal history --json; pamsignal history --csv; pamsignal verify; pamsignal report",
    "metrics": f'cat /run/pamsignal/metrics.prom; python3 -c "import urllib.request as r; '
    f"print(r.urlopen('http://127.0.0.1:{canaries.METRICS}/metrics').read().decode())\"",
    "processes": "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ",
    "unit": "systemctl show pamsignal; systemctl status --no-pager --full --lines=1000 pamsignal",
    "journal": "journalctl --sync; journalctl --no-pager --all --output=export",
}


@contextlib.contextmanager
def with_bug(host, module, bug):
    """Add a bug to an installed module for a while."""
    path = f"{MODULES}/{module}"
    host.run(f"cp -a {path} /root/kept; cat >>{path}", typed=bug)
    try:
        yield
    finally:
        host.run(f"mv /root/kept {path}")


@pytest.fixture(scope="module")
def echo(lab):
    with contextlib.closing(canaries.Echo(lab)) as service:
        yield service


@pytest.fixture(scope="module")
def troubled(installed, echo, attackers):
    """A host whose every delivery fails and is told of; then a broken file, a bug in a sink, and a crash."""
    host = installed.host
    if host.release != RELEASE:
        pytest.skip(f"tried on Debian {RELEASE} alone")
    host.write(canaries.AUTHORITY, echo.authority)
    host.run(f"install -d -m 0700 {CREDENTIALS}; install -d {FILES}")
    for kind in canaries.AS_CREDENTIALS:
        host.write(f"{CREDENTIALS}/{kind}", SECRETS[kind].encode(), 0o600)
    for kind in canaries.IN_FILES:
        host.write(f"{FILES}/{kind}", SECRETS[kind].encode(), 0o640)
    host.run(f"chgrp systemd-journal {FILES}/*")
    installed.write_config(canaries.configuration(echo))
    installed.restart()
    attacks.key_login(host, next(attackers))
    until_all_failed(installed)
    yield host
    host.run(f"systemctl stop pamsignal; rm -rf {CREDENTIALS} {FILES} {canaries.AUTHORITY}")
    installed.configure()


def until_all_failed(installed):
    def have_failed():
        status = json.loads(installed.host.run("pamsignal status --json", check=False).stdout or "{}")
        return status.get("sinks") and all(sink["last_error"] for sink in status["sinks"].values())

    until(have_failed, installed.log, pause_s=0.2)


def shown(host):
    """What every output has of a secret."""
    texts = {name: host.run(command, check=False) for name, command in OUTPUTS.items()}
    return {name: found for name, done in texts.items() if (found := canaries.leaked(done.stdout + done.stderr))}


def places(host):
    """The files that have a secret in them, other than journal files, of which the text is looked at."""
    words = "\n".join(sorted({form for kind in SECRETS for form in canaries.forms(kind)}))
    command = f"grep -rlaF --devices=skip --exclude=*.journal --file=- {SEARCHED}"
    return {place.replace("/private/", "/") for place in host.run(command, check=False, typed=words).stdout.split()}


def test_each_secret_was_used_and_none_is_shown_while_deliveries_fail(troubled, echo):
    def used():
        return {kind for kind in SECRETS if any(form in echo.heard for form in canaries.forms(kind))}

    until(lambda: used() >= set(SECRETS) - canaries.SIGNING, used)  # the heartbeat has its own time
    assert used() == set(SECRETS) - canaries.SIGNING
    assert shown(troubled) == {}
    assert places(troubled) == PLACES


def test_a_broken_file_is_refused_without_a_word_of_what_is_in_it(troubled, installed, echo):
    whole = canaries.configuration(echo)
    for spoilt in (whole.replace("  type: slack", "  type: slack: x"), re.sub("(?m)^sinks:$", "sinks: [", whole)):
        installed.write_config(spoilt)
        assert troubled.run("systemctl reload pamsignal", check=False).returncode != 0
    assert shown(troubled) == {}
    installed.write_config(whole)


def test_an_error_that_quotes_a_secret_and_a_traceback_show_none(troubled, installed, attackers):
    with with_bug(troubled, "deliver/sinks/http.py", SINK_BUG):
        troubled.run("systemctl stop pamsignal; rm /var/lib/private/pamsignal/state.db*")  # where refused sinks pause
        installed.restart()
        attacks.key_login(troubled, next(attackers))
        until(lambda: '"bug"' in troubled.run("pamsignal status --json", check=False).stdout, installed.log)
    with with_bug(troubled, "daemon/monitor.py", DAEMON_BUG):
        troubled.run("systemctl restart pamsignal", check=False)
        assert "Traceback" in installed.log()
        assert "RuntimeError: a bug of the test" in installed.log()
    assert canaries.leaked(troubled.run(OUTPUTS["journal"]).stdout) == []


def test_a_crash_leaves_no_core_and_a_core_would_hold_no_memory(troubled, installed):
    installed.restart()
    pid = installed.pid
    assert troubled.run(f"cat /proc/{pid}/coredump_filter").stdout.strip() == "00000010"  # core(5): ELF headers
    limits = troubled.run(f"cat /proc/{pid}/limits").stdout
    assert re.search(r"Max core file size +0 +0 ", limits)
    troubled.run(f"kill -ABRT {pid}; timeout 180 sh -c 'while test -e /proc/{pid}; do sleep 0.1; done'")
    assert troubled.run("find / -xdev -name 'core*' -newer /etc/pamsignal/pamsignal.yaml -type f").stdout == ""
