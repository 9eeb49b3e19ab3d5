"""The copy step runs as root in a directory that the service owns: whatever is planted there, nothing outside changes."""

from __future__ import annotations

import pytest

from tests.system.monitor import CONFIG

STAGED = "/run/pamsignal/pamsignal.yaml"
VICTIM = "/run/victim"
NAMES = ("pamsignal.yaml", "pamsignal.yaml.new")
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


@pytest.fixture
def idle(installed):
    """A host whose runtime directory belongs to bob, who stands for the service's user."""
    installed.host.run("systemctl stop pamsignal; rm -rf /run/pamsignal; install -d -o bob -g bob /run/pamsignal")
    installed.host.run(f"echo untouched >{VICTIM}; chmod 0600 {VICTIM}")
    installed.write_config(GOOD)
    yield installed.host
    installed.host.run("rm -rf /run/pamsignal")
    installed.configure()


def stage(idle):
    return idle.run("timeout 20 /usr/lib/pamsignal/stage-config", check=False)


def victim(idle):
    return idle.run(f"stat -c '%U %a %h' {VICTIM}; cat {VICTIM}").stdout


def test_the_copy_can_be_read_by_the_service_alone(idle):
    assert stage(idle).returncode == 0
    assert idle.run(f"stat -c '%U %G %a %F' {STAGED}; cat {STAGED}").stdout == f"bob bob 400 regular file\n{GOOD}"


def test_a_second_copy_takes_the_first_ones_place_and_leaves_nothing_beside_it(idle):
    stage(idle)
    idle.write(CONFIG, b"log_level: debug\n", 0o600)
    assert stage(idle).returncode == 0
    assert idle.run(f"cat {STAGED}; ls -A /run/pamsignal").stdout == "log_level: debug\npamsignal.yaml\n"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_replaced_and_never_opened(idle, plant, name):
    idle.run(f"{PLANTS[plant]} /run/pamsignal/{name}")
    assert stage(idle).returncode == 0
    assert idle.run(f"stat -c '%U %a %h %F' {STAGED}; cat {STAGED}").stdout == f"bob 400 1 regular file\n{GOOD}"
    assert victim(idle) == "root 600 1\nuntouched\n"
    assert idle.run("test -e /run/nothing-yet", check=False).returncode == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_directory_is_refused_with_the_remedy(idle, name):
    idle.run(f"mkdir /run/pamsignal/{name}; cp {VICTIM} /run/pamsignal/{name}/file")
    refused = stage(idle)
    assert refused.returncode == 78
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


def test_the_callers_environment_has_no_say(idle):
    idle.run("mkdir -p /run/evil; echo 'raise SystemExit(99)' >/run/evil/os.py; cp /run/evil/os.py /run/evil/stat.py")
    command = "env PYTHONPATH=/run/evil PYTHONSTARTUP=/run/evil/os.py RUNTIME_DIRECTORY=/run/evil PATH=/run/evil"
    assert idle.run(f"{command} /usr/lib/pamsignal/stage-config", check=False).returncode == 0
    assert idle.run(f"cat {STAGED}; ls /run/evil").stdout == f"{GOOD}os.py\nstat.py\n"
