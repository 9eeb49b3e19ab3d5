"""The unit and its copy step: every directive explained, known to systemd 247, and of one mind about the paths."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.system.denials import DENIALS, MORE_DENIALS, NOTHING_TO_TRY
from tests.system.drill import TRIES
from tests.unit.docs.documents import all_blocks

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


DROP_INS = {path.name: path.read_text() for path in sorted((PROJECT / "examples/systemd").glob("*.conf"))}
# What the documents show is a drop-in, too, unless it begins with the place of a unit of its own.
SHOWN = {block.place: block.text for block in all_blocks("ini")}
DROP_INS |= {place: text for place, text in SHOWN.items() if not text.startswith("# /")}
SHOWN_UNITS = {Path(text.split()[1]).name: text for text in SHOWN.values() if text.startswith("# /")}


# What each directive is meant to be; several lines of one are one list. The drill shows only that all of them together
# refuse, and most tries meet several. What runs (Exec…) and when is held by tests of its own.
MEANT = {
    "AmbientCapabilities": "",
    "BindReadOnlyPaths": "/usr/bin/pamsignal /usr/bin/python3",
    "CapabilityBoundingSet": "CAP_DAC_READ_SEARCH",
    "CoredumpFilter": "elf-headers",
    "DevicePolicy": "closed",
    "DynamicUser": "yes",
    "InaccessiblePaths": "-/usr/local/bin -/usr/local/sbin -/usr/lib/klibc -/usr/lib/initramfs-tools -/dev/shm",
    "KeyringMode": "private",
    "LimitCORE": "0",
    "LockPersonality": "yes",
    "LogsDirectory": "pamsignal",
    "MemoryDenyWriteExecute": "yes",
    "MemoryMax": "128M",
    "NoNewPrivileges": "yes",
    "NotifyAccess": "main",
    "OOMScoreAdjust": "-900",
    "PrivateDevices": "yes",
    "PrivateMounts": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "ReadOnlyPaths": "/run",
    "RemoveIPC": "yes",
    "Restart": "on-failure",
    "RestartPreventExitStatus": "78",
    "RestartSec": "5",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RuntimeDirectory": "pamsignal",
    "StateDirectory": "pamsignal",
    "SupplementaryGroups": "systemd-journal",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "SystemCallFilter": "@system-service ~@privileged @resources @keyring @aio",
    "TasksMax": "32",
    "TemporaryFileSystem": "/bin:ro /sbin:ro /usr/bin:ro /usr/sbin:ro",
    "Type": "notify",
    "UMask": "0077",
    "User": "pamsignal",
    "WatchdogSec": "30",
}


def faults_of(path, text):
    """What systemd has against a unit, and how its verdict ends; the programs need not be there."""
    path.write_text(re.sub(r"/usr/(bin|libexec)/pamsignal\S*", "/bin/true", text))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    return [line for line in verified.stderr.splitlines() if "pamsignal" in line], verified.returncode


@pytest.mark.parametrize("drop_in", ["", *DROP_INS])
def test_systemd_finds_no_fault_in_it(tmp_path, drop_in):
    if drop_in:
        (tmp_path / "pamsignal.service.d").mkdir()
        (tmp_path / "pamsignal.service.d/override.conf").write_text(DROP_INS[drop_in])
    assert faults_of(tmp_path / "pamsignal.service", UNIT.read_text()) == ([], 0)


def test_systemd_finds_no_fault_in_the_units_that_the_documents_show(tmp_path):
    assert {*SHOWN_UNITS} == {"pamsignal-verify.service", "pamsignal-verify.timer"}
    for unit, text in sorted(SHOWN_UNITS.items()):
        assert faults_of(tmp_path / unit, text) == ([], 0)


def test_no_directive_is_unknown_to_the_oldest_systemd():
    assert {name for name, _ in SETTINGS}.isdisjoint(TOO_NEW)


def test_every_directive_of_the_service_stands_under_its_reason():
    service = LINES[LINES.index("[Service]") + 1 : LINES.index("[Install]")]
    starts = [index for index, line in enumerate(service) if line and (index == 0 or not service[index - 1])]
    assert all(service[start].startswith("#") for start in starts)


def test_a_drop_in_may_add_the_one_capability_that_reads_the_audit_log():
    assert SERVICE["CapabilityBoundingSet"] == "CAP_DAC_READ_SEARCH"
    assert SERVICE["AmbientCapabilities"] == ""


def hidden_by(text):
    lines = re.findall("^InaccessiblePaths=(.*)$", text, re.MULTILINE)
    return {path for line in lines for path in line.split()}


def test_the_drop_in_for_the_audit_log_hides_passwords_and_keys_that_are_roots_alone_and_so_does_the_roles():
    passwords = {f"-/etc/{name}{suffix}" for name in ("shadow", "gshadow") for suffix in ("", "-")}
    hidden = hidden_by(DROP_INS["read-audit-log.conf"])
    assert hidden >= {
        *passwords,
        "-/etc/ssh",
        "-/etc/pki/tls/private",
        "-/etc/ssl/private",
        "-/etc/pamsignal/credentials",
    }
    assert hidden_by((PROJECT / "roles/pamsignal/templates/drop-in.conf.j2").read_text()) == hidden


def test_a_bad_configuration_is_not_tried_again():
    assert "EX_CONFIG, EX_TEMPFAIL = 78, 75" in STAGE_CONFIG.read_text()
    assert [value for name, value in SETTINGS if name == "ExecStartPre"] == [
        "+/usr/libexec/pamsignal/stage-config --start"
    ]


def test_a_refused_configuration_fails_the_reload_before_the_signal():
    reload = [value for name, value in SETTINGS if name == "ExecReload"]
    assert reload == ["+/usr/libexec/pamsignal/stage-config --reload $MAINPID"]


def test_the_daemon_reads_what_the_copy_step_writes():
    script = STAGE_CONFIG.read_text()
    directory = re.search(r'^DIRECTORY = "(.*)"', script, re.MULTILINE).group(1)
    name = re.search(r'^NAME = "(.*)"', script, re.MULTILINE).group(1)
    assert directory == f"/run/{SERVICE['RuntimeDirectory']}"
    assert SERVICE["ExecStart"].endswith(f" --config %t/{SERVICE['RuntimeDirectory']}/{name}")


def test_the_copy_step_runs_isolated_with_the_distributions_python():
    assert STAGE_CONFIG.read_text().startswith("#!/usr/bin/python3 -Es\n")
    assert os.access(STAGE_CONFIG, os.X_OK)


def test_every_directive_has_the_value_that_is_meant():
    values = values_in(UNIT.read_text())
    assert {name: value for name, value in values.items() if not name.startswith("Exec")} == MEANT


def test_every_directive_is_tried_on_real_hosts_or_says_why_not():
    used = {line.split("=", 1)[0] for line in service_lines(UNIT.read_text(), *DROP_INS.values())}
    assert used == {*DENIALS, *MORE_DENIALS, *NOTHING_TO_TRY}
    assert len(used) == len(DENIALS) + len(MORE_DENIALS) + len(NOTHING_TO_TRY)
    assert {name for names in (*DENIALS.values(), *MORE_DENIALS.values()) for name in names} <= set(TRIES)


def service_lines(*units):
    """The directives of the [Service] sections."""
    for unit in units:
        section = ""
        for line in unit.splitlines():
            section = line if line.startswith("[") else section
            if section == "[Service]" and re.match(r"[A-Z]\w+=", line):
                yield line


def values_in(unit):
    """Each directive of a [Service] section; what is given in several lines is a list, and read as one."""
    values = {}
    for name, value in (line.split("=", 1) for line in service_lines(unit)):
        values[name] = f"{values[name]} {value}" if name in values else value
    return values
