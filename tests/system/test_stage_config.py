"""The copy step runs as root in a directory that the service owns: whatever is planted there, nothing outside changes."""

from __future__ import annotations

import pytest

from tests.system.monitor import CONFIG

STAGED = "/run/pamsignal/pamsignal.yaml"
VICTIM = "/run/victim"
CREDENTIALS = "/etc/pamsignal/credentials"
STAGED_CREDENTIALS = "/run/pamsignal/credentials.json"
NAMES = ("pamsignal.yaml", "pamsignal.yaml.new", "credentials.json", "credentials.json.new")
GOOD = "log_level: info\n"
PLANTS = {
    "symbolic link": f"ln -s {VICTIM}",
    "dangling link": "ln -s /run/nothing-yet",
    "hard link": f"ln {VICTIM}",
    "named pipe": "mkfifo",
    "file of the service": "install -o bob -m 0644 /dev/null",
}
SPOILS = {
    "writable by a group": f"chmod 0620 {CONFIG}",
    "owned by another": f"chown bob {CONFIG}",
    "symbolic link": f"mv {CONFIG} {CONFIG}.real; ln -s {CONFIG}.real {CONFIG}",
    "named pipe": f"rm {CONFIG}; mkfifo {CONFIG}",
    "directory": f"rm {CONFIG}; mkdir {CONFIG}",
    "too large": f"head -c 300000 /dev/zero | tr '\\0' '#' >{CONFIG}",
}
SPOILED_CREDENTIALS = {
    "writable by a group": f"chmod 0620 {CREDENTIALS}/token",
    "owned by another": f"chown bob {CREDENTIALS}/token",
    "symbolic link": f"ln -sf /etc/shadow {CREDENTIALS}/token",
    "named pipe": f"rm {CREDENTIALS}/token; mkfifo {CREDENTIALS}/token",
    "too large": f"head -c 9000 /dev/zero >{CREDENTIALS}/token",
    "no text": f"printf '\\377' >{CREDENTIALS}/token",
    "too many": f"for number in $(seq 65); do echo word >{CREDENTIALS}/$number; done",
    "writable directory": f"chmod 0777 {CREDENTIALS}",
    "directory of another": f"chown bob {CREDENTIALS}",
    "link instead of the directory": f"mv {CREDENTIALS} {CREDENTIALS}.real; ln -s {CREDENTIALS}.real {CREDENTIALS}",
}


@pytest.fixture
def idle(installed):
    """A host whose runtime directory belongs to bob, who stands for the service's user."""
    installed.host.run("systemctl stop pamsignal; rm -rf /run/pamsignal; install -d -o bob -g bob /run/pamsignal")
    installed.host.run(f"echo untouched >{VICTIM}; chmod 0600 {VICTIM}")
    installed.write_config(GOOD)
    yield installed.host
    installed.host.run(f"rm -rf /run/pamsignal {CREDENTIALS} {CREDENTIALS}.real")
    installed.configure()


@pytest.fixture
def credential(idle):
    idle.run(f"install -d -m 0700 {CREDENTIALS}")
    idle.write(f"{CREDENTIALS}/token", b"word\n", 0o600)
    return idle


def stage(idle):
    return idle.run("timeout 20 /usr/libexec/pamsignal/stage-config", check=False)


def victim(idle):
    return idle.run(f"stat -c '%U %a %h' {VICTIM}; cat {VICTIM}").stdout


def test_the_copy_can_be_read_by_the_service_alone(idle):
    assert stage(idle).returncode == 0
    assert idle.run(f"stat -c '%U %G %a %F' {STAGED}; cat {STAGED}").stdout == f"bob bob 400 regular file\n{GOOD}"


def test_a_second_copy_takes_the_first_ones_place_and_leaves_nothing_beside_it(idle):
    stage(idle)
    idle.write(CONFIG, b"log_level: debug\n", 0o600)
    assert stage(idle).returncode == 0
    assert (
        idle.run(f"cat {STAGED}; ls -A /run/pamsignal").stdout == "log_level: debug\ncredentials.json\npamsignal.yaml\n"
    )


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_replaced_and_never_opened(credential, plant):
    credential.run("; ".join(f"{PLANTS[plant]} /run/pamsignal/{name}" for name in NAMES))
    assert stage(credential).returncode == 0
    staged = credential.run("cd /run/pamsignal; stat -c '%n %U %a %h %F' *; cat *").stdout
    assert staged == (
        f'credentials.json bob 400 1 regular file\npamsignal.yaml bob 400 1 regular file\n{{"token": "word\\n"}}{GOOD}'
    )
    assert victim(credential) == "root 600 1\nuntouched\n"
    assert credential.run("test -e /run/nothing-yet", check=False).returncode == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_directory_is_refused_with_the_remedy(idle, name):
    idle.run(f"mkdir /run/pamsignal/{name}; cp {VICTIM} /run/pamsignal/{name}/file")
    refused = stage(idle)
    assert refused.returncode == 75
    assert "stop the service" in refused.stderr
    assert idle.run(f"cat /run/pamsignal/{name}/file").stdout == "untouched\n"


def test_a_link_in_place_of_the_directory_is_not_followed(idle):
    idle.run("rm -r /run/pamsignal; install -d -o bob /run/elsewhere; ln -s /run/elsewhere /run/pamsignal")
    assert stage(idle).returncode == 78
    assert idle.run("ls -A /run/elsewhere; rm /run/pamsignal").stdout == ""


def test_a_broken_file_is_not_staged_and_the_older_copy_stays(idle):
    stage(idle)
    idle.write(CONFIG, b"log_levle: debug\n", 0o600)
    refused = stage(idle)
    assert refused.returncode == 78
    assert f"{CONFIG}:1:1: log_levle" in refused.stdout + refused.stderr
    assert idle.run(f"cat {STAGED}").stdout == GOOD


def test_a_missing_file_means_all_defaults(idle):
    idle.run(f"rm {CONFIG}")
    assert stage(idle).returncode == 0
    assert idle.run(f"stat -c '%U %a %s' {STAGED}").stdout == "bob 400 0\n"


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_file_that_others_may_write_or_that_is_no_file_is_refused(idle, spoil):
    idle.run(spoil)
    refused = stage(idle)
    idle.run(f"rm -rf {CONFIG} {CONFIG}.real")
    assert refused.returncode == 78
    assert refused.stderr.startswith(f"<3>{CONFIG}: ")


def test_credentials_can_be_read_by_the_service_alone(credential):
    assert stage(credential).returncode == 0
    told = credential.run(f"stat -c '%U %G %a %F' {STAGED_CREDENTIALS}; cat {STAGED_CREDENTIALS}").stdout
    assert told == 'bob bob 400 regular file\n{"token": "word\\n"}'


def test_a_credential_that_was_removed_is_gone_from_the_copy_and_what_editors_leave_is_not_in_it(credential):
    stage(credential)
    credential.run(f"mv {CREDENTIALS}/token {CREDENTIALS}/token~; touch {CREDENTIALS}/.token.swp")
    assert stage(credential).returncode == 0
    assert credential.run(f"cat {STAGED_CREDENTIALS}").stdout == "{}"


@pytest.mark.parametrize("spoil", SPOILED_CREDENTIALS.values(), ids=SPOILED_CREDENTIALS)
def test_a_credential_that_others_may_write_or_that_is_no_secret_is_refused_and_nothing_is_staged(credential, spoil):
    credential.run(spoil)
    refused = stage(credential)
    assert refused.returncode == 78
    assert refused.stderr.startswith(f"<3>{CREDENTIALS}: ")
    assert credential.run("ls -A /run/pamsignal").stdout == ""


def test_at_the_start_a_refused_file_is_not_staged_and_leaves_the_verdict_to_the_daemon(idle):
    idle.write(CONFIG, b"log_levle: debug\n", 0o600)
    assert idle.run("/usr/libexec/pamsignal/stage-config --start").returncode == 0
    assert idle.run("ls -A /run/pamsignal").stdout == ""


@pytest.fixture
def killed_check(idle):
    """A check that is killed at once, as by a kernel without memory."""
    idle.run("mv /usr/bin/pamsignal /usr/bin/pamsignal.kept; printf '#!/bin/sh\nkill -KILL $$\n' >/usr/bin/pamsignal")
    idle.run("chmod 755 /usr/bin/pamsignal")
    yield idle
    idle.run("mv /usr/bin/pamsignal.kept /usr/bin/pamsignal")


@pytest.mark.parametrize("option", ["", "--start"])
def test_a_check_that_was_killed_is_no_verdict(killed_check, option):
    answer = killed_check.run(f"/usr/libexec/pamsignal/stage-config {option}", check=False)
    assert answer.returncode == 75
    assert "tried again" in answer.stderr


def test_the_callers_environment_has_no_say(idle):
    idle.run("mkdir -p /run/evil; echo 'raise SystemExit(99)' >/run/evil/os.py; cp /run/evil/os.py /run/evil/stat.py")
    command = "env PYTHONPATH=/run/evil PYTHONSTARTUP=/run/evil/os.py RUNTIME_DIRECTORY=/run/evil PATH=/run/evil"
    assert idle.run(f"{command} /usr/libexec/pamsignal/stage-config", check=False).returncode == 0
    assert idle.run(f"cat {STAGED}; ls /run/evil").stdout == f"{GOOD}os.py\nstat.py\n"
