"""What each directive of the unit is meant to refuse in the drill, or why no try could show it.

Most tries meet several directives at once, so the drill proves the unit as a whole and not each directive: one that is
taken out may be missed by no try. Its value is held by tests/packaging/test_unit_file.py. Without the unit around them all
tries succeed, and each directive of the unit and of the drop-ins is in here; both are tested.
"""

from __future__ import annotations

CAPABILITIES = ("give a file away", "open a raw socket", "signal a process of root")
NO_OTHER_PROGRAMS = ("run a shell", "run another shell", "run a tool", "become root with sudo")

# Directive → what it is there to make fail, by itself or beside others.
DENIALS: dict[str, tuple[str, ...]] = {
    "AmbientCapabilities": CAPABILITIES,
    "BindReadOnlyPaths": ("write /usr",),
    "CapabilityBoundingSet": CAPABILITIES,
    "DevicePolicy": ("make a device",),
    "DynamicUser": ("become root", "read /etc/pamsignal/pamsignal.yaml", "signal a process of root"),
    "InaccessiblePaths": (
        "run a shell of the initial RAM disk",
        "run a tool of the administrator",
        "write shared memory as a file",
    ),
    "KeyringMode": ("add a key", "use the keys of its user"),
    "LimitCORE": ("dump its memory into a core file",),
    "LockPersonality": ("change its execution domain",),
    "MemoryDenyWriteExecute": ("map memory writable and executable", "make memory executable"),
    "NoNewPrivileges": ("gain rights from a program",),
    "PrivateDevices": ("read a file in /dev that everybody may read", "make a device"),
    "PrivateMounts": ("mount",),
    "PrivateTmp": ("read a file in /tmp that everybody may read", "read a file in /var/tmp that everybody may read"),
    "PrivateUsers": ("be who it is everywhere",),
    "ProtectClock": ("set the clock",),
    "ProtectControlGroups": ("have control groups writable", "write a control group"),
    "ProtectHome": ("list /home/alice", "list /root/.ssh", "read a file in /home that everybody may read"),
    "ProtectHostname": ("set the host's name",),
    "ProtectKernelLogs": ("read the kernel's log",),
    "ProtectKernelModules": ("load a module", "read a module of the kernel"),
    "ProtectKernelTunables": ("have the kernel's settings writable", "write a kernel setting"),
    "ProtectProc": ("read the memory of init", "see the processes of others"),
    "ProtectSystem": (
        "write in /usr where everybody may",
        "write in /etc where everybody may",
        "write in /srv where everybody may",
        "write in /var/log where everybody may",
        "write in /run where everybody may",
    ),
    "ReadOnlyPaths": ("write in /run where everybody may",),
    "RestrictAddressFamilies": ("open AF_NETLINK", "open AF_PACKET"),
    "RestrictNamespaces": ("make a user namespace", "make a mount namespace"),
    "RestrictRealtime": ("take real-time priority",),
    "RestrictSUIDSGID": ("make a set-user-id file",),
    "SystemCallArchitectures": ("call the kernel by the 32-bit table",),
    "SystemCallFilter": (
        "add a key",
        "change the root directory",
        "choose its processor",
        "have itself traced",
        "mount",
        "trace a process",
        "use the kernel's asynchronous calls",
    ),
    "TemporaryFileSystem": NO_OTHER_PROGRAMS,
    "UMask": ("make a file that others may read",),
}

# Directives of the drop-ins alone → what fails because of them, on top.
MORE_DENIALS: dict[str, tuple[str, ...]] = {
    "NoExecPaths": ("run a program of its own",),
}

# Directive → why no try of the drill could show it.
NOTHING_TO_TRY: dict[str, str] = {
    "CoredumpFilter": "what a core would hold; test_leaks.py reads it from the running daemon",
    "ExecReload": "what root runs at a reload; test_stage_config.py plays it",
    "ExecStart": "the program; the drill takes its place",
    "ExecStartPre": "what root runs before; test_stage_config.py plays it",
    "IPAddressAllow": "needs BPF, which the lab's hosts may not load",
    "IPAddressDeny": "needs BPF, which the lab's hosts may not load",
    "LoadCredentialEncrypted": "a secret that it gets; the documents show it",
    "LogsDirectory": "a place that it gets; the drill writes there",
    "MemoryMax": "a bound for a leak, and no right; in the lab it depends on the outer machine's controllers",
    "NotifyAccess": "whose READY=1 counts: that of no child of the daemon, which has none that lives on",
    "OOMScoreAdjust": "who is killed first, and no right",
    "RemoveIPC": "shows after the end: test_shared_memory_goes_with_the_service",
    "Restart": "when it is started again; test_service.py",
    "RestartPreventExitStatus": "when it is not; test_service.py",
    "RestartSec": "when it is started again; test_service.py",
    "RuntimeDirectory": "a place that it gets; the drill writes there",
    "StateDirectory": "a place that it gets; the drill writes there",
    "SupplementaryGroups": "a right that it gets: to read the journal",
    "SystemCallErrorNumber": "how a refusal reads: test_what_the_filter_refuses_is_an_error_and_not_the_end",
    "TasksMax": "a bound for a leak, and no right; in the lab it depends on the outer machine's controllers",
    "Type": "when it counts as started; test_service.py",
    "User": "whom DynamicUser= makes",
    "WatchdogSec": "when it is killed; test_service.py",
}
