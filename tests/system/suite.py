"""The unit and edge tests with the Python and the libraries of the oldest and the newest Debian, on hosts of both.

    python -m tests.system.suite [KIND...]

Debian 12 needs no host: .venv is made from its Python, and `make test` runs there on the same libraries. What runs the
tests (TOOLS) comes from PyPI, because pytest and hypothesis of Debian 11 are older than the tests; what pamsignal
itself imports does not, but for Apprise on Debian 11: WHERE makes sure of that, and that the oldest are those of
tests/bounds.py. Every test that is left out is left out for a reason (LEFT_OUT, SKIPPED), and one that is skipped for
any other is a failure.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.bounds import OLDEST
from tests.harness.checkout import PROJECT
from tests.system.host import Host
from tests.system.lab import Lab

# Run on the host: prints what pamsignal stands on there, and fails where that is not the distribution's.
WHERE = """
import importlib, platform
names = "systemd yaml jsonschema requests urllib3 attr maxminddb prometheus_client rich".split()
found = [importlib.import_module(name) for name in names]
strange = [one.__file__ for one in found if not one.__file__.startswith("/usr/lib/python3/dist-packages/")]
assert not strange, strange
versions = (f"{one.__name__} {getattr(one, '__version__', '')}".strip() for one in found)
print(f"Python {platform.python_version()}", *versions, sep=", ")
"""

# Pure Python, without what they depend on: that is named here, too, or of Debian (SUITE of images.py).
TOOLS = [
    "pytest",
    "pluggy",
    "iniconfig",
    "tomli",
    "exceptiongroup<1.3",
    "hypothesis",
    "sortedcontainers",
    "trustme",
    "aiosmtpd",
    "atpublic",
    "mmdb-writer",
    "standardwebhooks",
]

LEFT_OUT = {
    "tests/unit/docs": "documents are the same everywhere",
    "tests/unit/test_registers.py": "compares lists within the checkout",
    "tests/edge/test_compare.py": "fail2ban's and sshguard's own programs, which are Debian 12's",
    "tests/edge/test_prometheus.py": "Prometheus's own programs, which read what other tests here look at",
}
# How a reason begins that pytest may give for skipping.
SKIPPED = (
    "no rsyslog",  # what a collector makes of a line depends on the line, which other tests look at
    "ocsf-json-schema wants Python 3.10",
)


# Debian 11 has no package of it: its first version that a distribution had, with all that it wants.
APPRISE = (
    f"apprise=={OLDEST['apprise']}",
    "click",
    "importlib-metadata",
    "markdown",
    "oauthlib",
    "requests-oauthlib",
    "zipp",
)


class Release(NamedTuple):
    """A host's kind, its Python, what is there beside TOOLS, which versions have to be, and what is missing only there."""

    kind: str
    python: str
    tools: tuple[str, ...] = ()
    versions: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    left_out: dict[str, str] = {}  # noqa: RUF012 - likewise


RELEASES = (
    Release(
        "suite11",
        "3.9",
        tools=APPRISE,
        versions={**OLDEST, "rich": "8.0.0"},  # as Debian's package of 9.11.0 calls itself
        left_out={
            "tests/edge/test_cli_support_dump.py": "a daemon with every kind of sink, which sees nothing of PYTHONPATH",
        },
    ),
    Release("suite13", "3.13", tools=("ocsf-json-schema",)),
)


def main() -> int:
    """Boot the hosts, run the tests on all of them at once, and say how it went."""
    wanted = sys.argv[1:]
    if strange := {*wanted} - {release.kind for release in RELEASES}:
        sys.exit(f"no such kind: {', '.join(strange)}")
    chosen = [release for release in RELEASES if release.kind in wanted or not wanted]
    with tempfile.TemporaryDirectory() as scratch, contextlib.closing(Lab()) as lab:
        hosts = lab.boot_named({release.kind: release.kind for release in chosen})
        with ThreadPoolExecutor(len(chosen)) as pool:
            tried = [pool.submit(run, release, hosts[release.kind], Path(scratch)) for release in chosen]
            return int(not all(one.result() for one in tried))


def run(release: Release, host: Host, scratch: Path) -> bool:
    """Run the tests on one host, print what is to be said about it, and tell whether it went well."""
    begun = time.monotonic()
    lay_out(host, tools_for(release, scratch / release.kind))
    print(f"{release.kind}: {host.run(f'{PYTHON} -W ignore -', typed=WHERE).stdout.strip()}", flush=True)
    has = json.loads(host.run(f"cd {CHECKOUT} && {PYTHON} -m tests.bounds --json").stdout)
    assert release.versions in ({}, has), f"{release.kind} has {has}, and not {release.versions}"
    left_out = {**LEFT_OUT, **release.left_out}
    missing = [test for test in left_out if not (PROJECT / test.split("::")[0]).exists()]
    assert not missing, f"LEFT_OUT names what is not there: {missing}"
    options = " ".join(f"--deselect='{test}'" for test in left_out)
    done = subprocess.run(
        host.inside(f"cd {CHECKOUT} && {PYTHON} -m pytest -q -rs --disable-warnings {options} tests/unit tests/edge"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    reasons = re.findall(r"(?m)^SKIPPED \[\d+\] \S+: (.*)", done.stdout)
    strange = [reason for reason in reasons if not reason.startswith(SKIPPED)]
    well = done.returncode == 0 and not strange
    print(*(f"{release.kind}: left out: {test}: {reason}" for test, reason in left_out.items()), sep="\n")
    print(*(f"{release.kind}: skipped: {reason}" for reason in sorted(set(reasons))), sep="\n")
    print(f"{release.kind}: {done.stdout.splitlines()[-1]}; {time.monotonic() - begun:.0f} s in all", flush=True)
    if not well:
        print(done.stdout + done.stderr, f"FAILED: {release.kind}; skipped without need: {strange}", flush=True)
    return well


CHECKOUT, TOOLS_FOLDER = "/srv/pamsignal", "/srv/tools"
# /tmp is a small file system of its own there.
PYTHON = f"TMPDIR=/var/tmp PYTHONPATH={TOOLS_FOLDER} PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3"


def tools_for(release: Release, folder: Path) -> Path:
    """Fetch what runs the tests on the release's Python: wheels of pure Python, with nothing that they depend on."""
    of_release = ["--python-version", release.python, "--implementation", "py", "--abi", "none", "--platform", "any"]
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-qq",
        "--retries=10",
        "--timeout=60",
        "--no-deps",
        "--only-binary=:all:",
        "--target",
        folder,
    ]
    subprocess.run([*pip, *of_release, *TOOLS, *release.tools], check=True)
    return folder


def lay_out(host: Host, tools: Path) -> None:
    """Copy the checkout's tracked files and the tools onto the host, readable for everybody."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
    for source, target, names in ((PROJECT, CHECKOUT, tracked), (tools, TOOLS_FOLDER, b".\0")):
        pack = ["tar", "--create", "--null", "--files-from=-", "--owner=root", "--group=root"]
        packed = subprocess.run(pack, cwd=source, input=names, capture_output=True, check=True).stdout
        host.run(f"mkdir -p {target} && tar --extract --directory={target}", typed=packed)


if __name__ == "__main__":
    sys.exit(main())
