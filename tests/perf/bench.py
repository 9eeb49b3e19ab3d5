"""The benchmark: `python -m tests.perf.bench [--quick] [--keep] [GROUP ...]`; groups are what GROUPS lists.

attack, haystack: µs of CPU (user + system, median of 3) per journal entry, in one run beside journalctl and, from
Debian's packages, fail2ban and sshguard, as ratios: those hold on another machine, the absolute figures do not.
daemon: memory, start and idle CPU; memory: what that of a quiet one consists of. latency, soak, logins, backlog: on a real host (tests/perf/on_host.py).
Nothing here passes or fails; journal_maker.py says what the journals are made of. --keep puts the figures into
docs/explanation/performance.json, from which `make generate` writes the page.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path

from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Turn
from pamsignal.journal import JournalReader, Source
from pamsignal.model import Position
from tests.harness.daemon import Service
from tests.harness.journals import write_journal
from tests.harness.process import idle_percent, memory_mb, settle
from tests.perf import imports, on_host, others, results
from tests.perf.context import TRACKED
from tests.perf.journal_maker import ATTACK_ENTRIES, HAYSTACK_ENTRIES, attack, chunks, journal_folder
from tests.perf.measure import cpu_seconds, medians
from tests.perf.sending import memories

PAMSIGNAL = ["-m", "pamsignal"]
IDLE_SECONDS = 20
SETTLE_SECONDS = 120
SMALL_MB = 0.25  # less says little: see imports.py
OTHERS = "other modules of Python"
OF_PYTHON = {
    **dict.fromkeys(
        ("typing", "re", "enum", "collections", "functools", "operator", "contextlib"), "typing and what it needs"
    ),
    **dict.fromkeys(("_hashlib", "hashlib"), "OpenSSL, for hashes"),
    "ipaddress": "ipaddress",
    **dict.fromkeys(("threading", "queue", "_queue", "socket", "_socket", "selectors"), "threads and sockets"),
    **dict.fromkeys(("sqlite3", "_sqlite3", "sqlite3.dbapi2"), "SQLite"),
}
LOCAL_SINKS = "sinks:\n  console: {{type: console}}\n  journald: {{type: journald}}\njournal:\n  directory: {folder}\n  catch_up_seconds: 31536000\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; default: {' '.join(SHORT)}"
    )
    arguments.add_argument("--quick", action="store_true", help="one round instead of the median of three")
    arguments.add_argument("--keep", action="store_true", help=f"put the figures into {results.KEPT.name}")
    arguments.add_argument("--python", default=sys.executable, help="the interpreter to measure")
    chosen = arguments.parse_args()
    if strange := {*chosen.groups} - {*GROUPS}:
        arguments.error(f"no such group: {', '.join(sorted(strange))}; there are {', '.join(GROUPS)}")
    print(results.machine())
    for group in chosen.groups or SHORT:
        table, measure = GROUPS[group]
        try:
            rows = measure(chosen.python, 1 if chosen.quick else 3)
        except on_host.CannotError as reason:
            print(f"\n{group}: left out: {reason}")
            continue
        results.show(table, rows)
        if chosen.keep:
            results.keep(table, group, rows, is_whole=group not in BESIDE_OTHERS or others.are_here())


def speed_on_attack(python, rounds):
    """Every way through the attack journal. fail2ban, which is slow, runs once."""
    folder = str(journal_folder("attack"))
    ways = [
        ("journalctl", ["journalctl", "-D", folder, "-o", "cat"]),
        ("pamsignal: reading", _argv(python, "read", folder)),
        ("pamsignal: and parsing", _argv(python, "read_and_parse", folder)),
        ("pamsignal: up to the alert", _argv(python, "pipeline", folder)),
    ]
    measured = [(label, seconds, ATTACK_ENTRIES) for label, seconds in medians(ways, rounds)]
    if not others.are_here():
        print("fail2ban and sshguard: left out, tools/install.sh dev brings them")
        return _rows(measured)
    with tempfile.TemporaryDirectory() as scratch:
        text = Path(scratch) / "lines"
        lines = others.lines_of_sshd(folder, text)
        measured += [
            ("sshguard's parser", others.sshguard_parser(text), lines),
            ("fail2ban-regex", others.fail2ban_regex(folder), lines),
            ("fail2ban-server, one jail", others.fail2ban_server(folder, Path(scratch)), lines),
        ]
    return _rows(measured)


def speed_on_haystack(python, rounds):
    """What the matches save: CPU per entry that is in the journal, most of which are never looked at."""
    folder = str(journal_folder("haystack"))
    ways = [
        ("journalctl", ["journalctl", "-D", folder, "-o", "cat"]),
        ("pamsignal: reading, by matches", _argv(python, "read", folder)),
        ("of that: starting Python", _argv(python, "start", folder)),
    ]
    return _rows([(label, seconds, HAYSTACK_ENTRIES) for label, seconds in medians(ways, rounds)])


def _rows(measured):
    """Return rows of (label, CPU seconds, entries), each with its ratio to the first one."""
    base = measured[0][1] / measured[0][2]
    return [
        {"what": what, "us": s / entries * 1e6, "per_second": entries / s, "ratio": s / entries / base}
        for what, s, entries in measured
    ]


def daemon(python, _rounds):
    """Start, memory and idle CPU of the daemon, with the sinks that need no network; and memory with one that does."""
    rows = []
    for what, per_file in (("quiet host", 100), ("the same in 100 journal files", 1)):
        with _quiet_journal(per_file) as quiet:
            rows.append(_of_daemon(python, what, quiet))
    rows.append(_of_daemon(python, "after the attack journal", str(journal_folder("attack"))))
    rows += [{"what": what, "anonymous_mb": memory} for what, memory in memories(python)]
    _, printed = cpu_seconds(_argv(python, "tracked", str(TRACKED), "1"))
    return [*rows, {"what": f"for {TRACKED:,} addresses that failed", "anonymous_mb": float(printed.split()[0])}]


def _of_daemon(python, what, folder):
    with _running(python, PAMSIGNAL, folder) as service:
        return {
            "what": what,
            "ready_s": service.ready_s,
            "idle_percent": idle_percent(service.pid, IDLE_SECONDS),
            "anonymous_mb": memory_mb(service.pid),
            "pss_mb": memory_mb(service.pid, "Pss"),
        }


def memory(python, _rounds):
    """What the memory of a quiet daemon consists of."""
    with _quiet_journal(100) as quiet, _running(python, [imports.__file__, str(Path.cwd())], quiet) as service:
        whole = memory_mb(service.pid)
        service.stop()
        costs = json.loads((service.folder / "imports").read_text())
    parts = {"the interpreter": costs.pop("")}
    for name, cost in costs.items():
        package = ".".join(name.split(".")[:2]) if name.startswith("pamsignal") else OF_PYTHON.get(name, OTHERS)
        parts[package] = parts.get(package, 0.0) + cost
    small = [what for what, cost in parts.items() if cost < SMALL_MB and what.startswith("pamsignal")]
    parts["the rest of pamsignal"] = sum(parts.pop(what) for what in small)
    parts["reading, counting, sending: all but imports"] = whole - sum(parts.values())
    return [{"what": what, "anonymous_mb": cost} for what, cost in sorted(parts.items(), key=lambda part: -part[1])]


@contextlib.contextmanager
def _quiet_journal(per_file):
    with tempfile.TemporaryDirectory(dir="build") as quiet:
        for number, part in enumerate(chunks(attack(100), per_file)):
            write_journal(Path(quiet) / f"system-{number}.journal", part)
        yield quiet


@contextlib.contextmanager
def _running(python, program, folder):
    """Run the daemon, by `program` of that interpreter, until it has read `folder`."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.closing(Service(Path(scratch))) as service:
        service.python, service.program = python, program
        service.configure(LOCAL_SINKS.format(folder=Path(folder).absolute()))
        _begin_at_oldest(service, folder)
        service.start()
        settle(service.pid, SETTLE_SECONDS)
        yield service


def _begin_at_oldest(service, folder):
    """Write down the oldest entry as the last one read: a daemon without a past begins with now."""
    reader = JournalReader(Source(directory=folder))
    reader.read(1)
    (service.folder / "state").mkdir(mode=0o700)
    store = open_store(str(service.folder / "state" / "state.db"))
    store.commit(Turn(now_us=reader.position.time_us, position=Position(*reader.position)))
    store.close()
    reader.close()


def _argv(python, name, *arguments):
    return [python, "-m", "tests.perf.passes", name, *arguments]


# Each group: the table that it fills, and what measures its rows.
GROUPS = {
    "attack": ("attack", speed_on_attack),
    "haystack": ("haystack", speed_on_haystack),
    "daemon": ("daemon", daemon),
    "memory": ("memory", memory),
    "latency": ("latency", on_host.latency),
    "soak": ("load", on_host.soak),
    "logins": ("load", on_host.logins),
    "backlog": ("load", on_host.backlog),
}
BESIDE_OTHERS = ("attack",)  # without their packages some of its rows are left out
SHORT = ("attack", "haystack", "daemon", "memory", "latency")


if __name__ == "__main__":
    main()
