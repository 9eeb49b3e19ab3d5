"""The benchmark: `python -m tests.perf.bench [--quick] [speed] [haystack] [service]`.

Prints µs of CPU (user + system, median of 3) per journal entry, in one run beside journalctl and, where installed,
fail2ban-regex, as ratios: those hold on another machine, the absolute figures do not. Then memory, start and idle
CPU of the daemon. Nothing here passes or fails; journal_maker.py says what the journals are made of.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Position, Turn
from pamsignal.journal import JournalReader, Source
from tests.edge.journals import write_journal
from tests.perf.journal_maker import ATTACK_ENTRIES, HAYSTACK_ENTRIES, attack, journal_folder
from tests.perf.measure import Service, cpu_seconds, medians

IDLE_SECONDS = 20
SETTLE_SECONDS = 120
LOCAL_SINKS = "sinks:\n  console: {{type: console}}\n  journald: {{type: journald}}\njournal:\n  directory: {folder}\n  catch_up_seconds: 31536000\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("groups", nargs="*", metavar="speed|haystack|service", help="default: all")
    arguments.add_argument("--quick", action="store_true", help="one round instead of the median of three")
    arguments.add_argument("--python", default=sys.executable, help="the interpreter to measure")
    chosen = arguments.parse_args()
    rounds = 1 if chosen.quick else 3
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {_systemd()}")
    for group in chosen.groups or GROUPS:
        GROUPS[group](chosen.python, rounds)


def speed(python, rounds):
    """Every way through the attack journal."""
    folder = str(journal_folder("attack"))
    ways = [
        ("journalctl -o cat", ["journalctl", "-D", folder, "-o", "cat"]),
        ("read", _argv(python, "read", folder)),
        ("read + parse", _argv(python, "read_and_parse", folder)),
        ("whole pipeline", _argv(python, "pipeline", folder)),
    ]
    rows = [(label, seconds, ATTACK_ENTRIES) for label, seconds in medians(ways, rounds)]
    if shutil.which("fail2ban-regex"):
        rows.append(_fail2ban(folder))
    else:
        print("fail2ban-regex: not installed (Debian package fail2ban), left out")
    _table("attack journal", rows)


def haystack(python, rounds):
    """What the matches save: CPU per entry that is in the journal, most of which are never looked at."""
    folder = str(journal_folder("haystack"))
    ways = [
        ("journalctl -o cat", ["journalctl", "-D", folder, "-o", "cat"]),
        ("read, by matches", _argv(python, "read", folder)),
        ("of that: starting Python", _argv(python, "start", folder)),
    ]
    rows = [(label, seconds, HAYSTACK_ENTRIES) for label, seconds in medians(ways, rounds)]
    _table("haystack journal, per scanned entry", rows)


def service(python, _rounds):
    """Start, memory and idle CPU of the daemon, with the sinks that need no network: quiet, and after an attack."""
    with tempfile.TemporaryDirectory() as quiet:
        write_journal(Path(quiet) / "system.journal", attack(100))
        _daemon(python, "quiet host", quiet)
    _daemon(python, "after the attack journal", str(journal_folder("attack")))


def _daemon(python, label, folder):
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "pamsignal.yaml"
        config.write_text(LOCAL_SINKS.format(folder=Path(folder).absolute()))
        config.chmod(0o600)
        _begin_at_oldest(scratch, folder)
        environ = {**os.environ, "STATE_DIRECTORY": scratch, "LOGS_DIRECTORY": scratch, "RUNTIME_DIRECTORY": scratch}
        daemon = Service([python, "-m", "pamsignal", "run", "--config", str(config)], environ)
        if daemon.ready_s is None:
            print(f"\ndaemon, {label}: not measured, it did not become ready: {daemon.said()}")
            daemon.stop()
            return
        settled_s = daemon.settle(SETTLE_SECONDS)
        idle_percent, anonymous_mb = daemon.idle_percent(IDLE_SECONDS), daemon.anonymous_mb()
        print(f"\ndaemon, {label}: READY after {daemon.ready_s:.2f} s, caught up after {settled_s:.0f} s")
        print(f"  anonymous memory {anonymous_mb:.1f} MB, idle {idle_percent:.2f} % of a core over {IDLE_SECONDS} s")
        print(f"  stopped in {daemon.stop():.2f} s")


def _begin_at_oldest(state, folder):
    """Write down the oldest entry as the last one read: a daemon without a past begins with now."""
    reader = JournalReader(Source(directory=folder))
    reader.read(1)
    store = open_store(f"{state}/state.db")
    store.commit(Turn(now_us=reader.position.time_us, position=Position(*reader.position)))
    store.close()
    reader.close()


GROUPS = {"speed": speed, "haystack": haystack, "service": service}


def _argv(python, name, folder):
    return [python, "-m", "tests.perf.passes", name, folder]


def _fail2ban(folder):
    """fail2ban-regex's own journal backend on sshd's lines: it knows one program at a time. One round: it is slow."""
    argv = ["fail2ban-regex", "-m", "SYSLOG_IDENTIFIER=sshd", f'systemd-journal[journalpath="{folder}"]', "sshd"]
    seconds, printed = cpu_seconds(argv)
    lines = next(line for line in printed.splitlines() if line.startswith("Lines: "))
    return "fail2ban-regex, sshd lines only", seconds, int(lines.split()[1])


def _table(title, rows):
    """Print the rows (label, CPU seconds, entries) with their ratio to the first one."""
    base = rows[0][1] / rows[0][2]
    print(f"\n{title:34} {'µs/entry':>9} {'entries/s':>11} {'ratio':>7}")
    for label, seconds, entries in rows:
        each = seconds / entries
        print(f"{label:34} {each * 1e6:9.2f} {1 / each:11,.0f} {each / base:7.2f}")


def _systemd():
    shown = subprocess.run(["journalctl", "--version"], capture_output=True, text=True, check=True).stdout
    return shown.splitlines()[0]


if __name__ == "__main__":
    main()
