"""The unit and its copy step: every directive explained, known to systemd 247, and of one mind about the paths."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
UNIT = PROJECT / "packaging/systemd/pamsignal.service"
STAGE_CONFIG = PROJECT / "packaging/systemd/stage-config"
LINES = UNIT.read_text().splitlines()
SETTINGS = [tuple(line.split("=", 1)) for line in LINES if re.match(r"[A-Z]\w+=", line)]
SERVICE = dict(SETTINGS)

# systemd.directives(7): what Debian 11 (247) does not know; there it would be ignored with a warning.
TOO_NEW = [
    "ConditionCredential",
    "ExecPaths",
    "ExecSearchPath",
    "ExitType",
    "ExtensionDirectories",
    "ImportCredential",
    "LoadCredentialEncrypted",
    "LogFilterPatterns",
    "MemoryKSM",
    "NoExecPaths",
    "OpenFile",
    "PrivateBPF",
    "PrivateIPC",
    "PrivatePIDs",
    "RefreshOnReload",
    "ReloadSignal",
    "RestartMaxDelaySec",
    "RestartSteps",
    "RestrictFileSystems",
    "RestrictNetworkInterfaces",
    "SetLoginEnvironment",
    "SocketBindAllow",
    "SocketBindDeny",
]


DROP_INS = sorted((PROJECT / "examples/systemd").glob("*.conf"))


@pytest.mark.parametrize("drop_in", [None, *DROP_INS], ids=lambda path: path.stem if path else "as shipped")
def test_systemd_finds_no_fault_in_it(tmp_path, drop_in):
    copy = tmp_path / "pamsignal.service"
    copy.write_text(re.sub(r"/usr/(bin|libexec)/pamsignal\S*", "/bin/true", UNIT.read_text()))
    if drop_in:
        (tmp_path / "pamsignal.service.d").mkdir()
        shutil.copy(drop_in, tmp_path / "pamsignal.service.d")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    told = [line for line in verified.stderr.splitlines() if "pamsignal" in line]
    assert (told, verified.returncode) == ([], 0)


def test_no_directive_is_unknown_to_the_oldest_systemd():
    assert {name for name, _ in SETTINGS}.isdisjoint(TOO_NEW)


def test_every_directive_of_the_service_stands_under_its_reason():
    service = LINES[LINES.index("[Service]") + 1 : LINES.index("[Install]")]
    starts = [index for index, line in enumerate(service) if line and (index == 0 or not service[index - 1])]
    assert all(service[start].startswith("#") for start in starts)


def test_a_drop_in_may_add_the_one_capability_that_reads_the_audit_log():
    assert SERVICE["CapabilityBoundingSet"] == "CAP_DAC_READ_SEARCH"
    assert SERVICE["AmbientCapabilities"] == ""


def test_a_bad_configuration_is_not_tried_again():
    assert SERVICE["RestartPreventExitStatus"] == "78"
    assert "EX_CONFIG, EX_TEMPFAIL = 78, 75" in STAGE_CONFIG.read_text()
    assert [value for name, value in SETTINGS if name == "ExecStartPre"] == [
        "+/usr/libexec/pamsignal/stage-config --start"
    ]


def test_a_refused_configuration_fails_the_reload_before_the_signal():
    reload = [value for name, value in SETTINGS if name == "ExecReload"]
    assert reload == ["+/usr/libexec/pamsignal/stage-config", "/bin/sh -c 'kill -HUP $$MAINPID'"]


def test_the_daemon_reads_what_the_copy_step_writes():
    script = STAGE_CONFIG.read_text()
    directory = re.search(r'^DIRECTORY = "(.*)"', script, re.MULTILINE).group(1)
    name = re.search(r'^NAME = "(.*)"', script, re.MULTILINE).group(1)
    assert directory == f"/run/{SERVICE['RuntimeDirectory']}"
    assert SERVICE["ExecStart"].endswith(f" --config %t/{SERVICE['RuntimeDirectory']}/{name}")


def test_the_copy_step_runs_isolated_with_the_distributions_python():
    assert STAGE_CONFIG.read_text().startswith("#!/usr/bin/python3 -Es\n")
    assert os.access(STAGE_CONFIG, os.X_OK)
