"""From every earlier version that history has, and back: nothing is lost, told twice, overwritten or broken.

The stories, one for each earlier version and kind of package, play at once, each on a host of its own.
"""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system import attacks, earlier
from tests.system.monitor import CONFIG, Monitor
from tests.system.receiver import Receiver
from tests.system.repositories import VERSION
from tests.system.test_survival import Logins

OLD = "0.0.1"
APT = "DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends"

# The host's kind, and the earlier version on it; together all of them.
STORIES = {
    "deb11": (11, "f01804a"),
    "deb12": (12, "de10c6f"),
    "deb13": (13, "2ea768b"),
    "rpm13": ("dnf13", "de10c6f"),
}
COMMANDS = {
    "deb": {
        "install": "dpkg --install /root/old.deb",
        "upgrade": "dpkg --force-confold --install /root/new.deb",
        "reinstall": f"{APT} install --reinstall -o Dpkg::Options::=--force-confold /root/new.deb",
        "downgrade": f"{APT} install --allow-downgrades -o Dpkg::Options::=--force-confold /root/old.deb",
    },
    "rpm": {
        "install": "rpm --install /root/shim.rpm /root/old.rpm && systemctl enable --quiet --now pamsignal",
        "upgrade": "rpm --upgrade /root/new.rpm",
        "reinstall": "rpm --reinstall /root/new.rpm",
        "downgrade": "rpm --upgrade --oldpackage /root/old.rpm",
    },
}
# Returns when something waits for the receiver, and breaks off after three minutes.
WAIT_FOR_QUEUE = """
import signal, sqlite3, time
signal.alarm(180)
store = sqlite3.connect("file:/var/lib/pamsignal/state.db?mode=ro", uri=True)
while not store.execute("SELECT 1 FROM deliveries WHERE sink = 'hook' AND state = 'queued'").fetchone():
    time.sleep(0.1)
"""
TRAIL = "cat /var/log/pamsignal/*.jsonl 2>/dev/null | wc -l"


class Story:
    """A host on which an earlier version is installed and then upgraded, with logins that all have to be told once."""

    def __init__(self, host, kind, receiver, attacker):
        self.host, self.commands, self.receiver = host, COMMANDS[kind], receiver
        self.monitor = Monitor(host, receiver)
        self.logins = Logins(self.monitor, attacker)

    def begin(self):
        """Install the earlier version, configure it as an administrator does, and let it see a login."""
        self.host.run(self.commands["install"])
        self.host.write("/etc/pamsignal/ca.pem", self.receiver.authority)
        self.monitor.configure(hostname="named-by-hand")
        self.host.run("systemctl reload pamsignal")
        self.log_in()
        self.logins.assert_each_was_told_once()

    def log_in(self):
        attacks.key_login(self.host, self.logins.source)
        self.logins.done += 1

    def change(self, name, version):
        """Do that to the package while somebody logs in again and again; then `version` runs, and nothing is lost."""
        config, trail = self.host.run(f"cat {CONFIG}").stdout, int(self.host.run(TRAIL).stdout)
        with self.logins:
            self.logins.wait(1)
            self.host.run(self.commands[name])
            self.logins.wait(1)
        self.receiver.resume()
        self.logins.assert_each_was_told_once()
        assert self.running() == ("active", version), self.monitor.log()
        assert self.host.run(f"cat {CONFIG}").stdout == config
        assert int(self.host.run(TRAIL).stdout) >= trail
        assert self.receiver.refused == 0

    def running(self):
        """The unit's state, and the version that the daemon itself says it has."""
        state = self.host.run("systemctl is-active pamsignal", check=False).stdout.strip()
        return state, json.loads(self.host.run("cat /run/pamsignal/status.json").stdout)["version"]

    def verify(self):
        """Look at the trail from its first record to its last."""
        verified = self.host.run("pamsignal verify", check=False)
        assert verified.returncode == 0, verified.stdout + verified.stderr

    def play(self):
        """What waits for a receiver that is away, a trail, a position: all of it is taken over, there and back."""
        self.begin()
        self.receiver.pause()
        self.log_in()
        self.host.run("/usr/bin/python3 -", typed=WAIT_FOR_QUEUE)
        self.change("upgrade", VERSION)
        self.verify()
        self.change("reinstall", VERSION)
        self.change("downgrade", OLD)
        self.change("upgrade", VERSION)
        self.verify()


@pytest.fixture(scope="module")
def packages(built, tmp_path_factory):
    """For each story the earlier package and today's; the rest of a skipped story is skipped with it."""
    new = {kind: next((built / "dist").glob(f"*.{kind}")) for kind in ("deb", "rpm")}
    made = {}
    for name, (_, commit) in STORIES.items():
        kind = name[:3]
        made[name] = (earlier.build(commit, kind, OLD, tmp_path_factory.mktemp(name)), new[kind])
    return made


@pytest.fixture(scope="module")
def stories(lab, packages, shim, attackers):
    """All stories, playing."""
    hosts = lab.boot_named({f"upgrade-{name}": kind for name, (kind, _) in STORIES.items()})
    with contextlib.ExitStack() as ends, ThreadPoolExecutor(len(STORIES)) as pool:
        playing = {}
        for name, (old, new) in packages.items():
            host, kind = hosts[f"upgrade-{name}"], name[:3]
            for package, there in ((old, f"old.{kind}"), (new, f"new.{kind}"), (shim, "shim.rpm")):
                host.put(package, f"/root/{there}")
            receiver = ends.enter_context(contextlib.closing(Receiver(lab)))
            playing[name] = pool.submit(Story(host, kind, receiver, next(attackers)).play)
        yield playing


def test_there_is_a_story_for_every_earlier_version():
    assert {commit for _, commit in STORIES.values()} == set(earlier.EARLIER)


@pytest.mark.parametrize("name", STORIES)
def test_nothing_is_lost_told_twice_or_overwritten_on_the_way_up_and_back(name, stories):
    stories[name].result()
