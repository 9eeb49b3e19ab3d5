"""What people and attackers do on a host: each function leaves the lines in the journal that the real thing leaves."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.system.host import GATEWAY, Host
from tests.system.images import PASSWORDS

FORGER = Path(__file__).with_name("forger.py").read_text()


def key_login(host: Host, source: str = GATEWAY) -> None:
    """alice logs in with her key."""
    assert host.ssh("alice", source=source).returncode == 0


def password_login(host: Host, source: str = GATEWAY) -> None:
    """alice logs in with her password."""
    assert host.ssh("alice", password=PASSWORDS["alice"], source=source).returncode == 0


def wrong_passwords(host: Host, source: str, *, user: str = "root", connections: int = 1, tries: int = 1) -> None:
    """Offer `tries` wrong passwords in each of `connections` connections.

    They are open side by side, because sshd's PerSourcePenalties (Debian 13) would refuse the fourth one after three.
    """
    with ThreadPoolExecutor(connections) as pool:
        refused = pool.map(lambda _: host.ssh(user, password="wrong", source=source, tries=tries), range(connections))
        assert [attempt.returncode for attempt in refused] == [255] * connections


def unknown_users(host: Host, source: str, names: list[str]) -> None:
    """Offer a key for accounts that do not exist, one connection each: no password is tried."""
    for name in names:
        assert host.ssh(name, source=source).returncode == 255


def http_to_sshd(host: Host, source: str = GATEWAY) -> None:
    """A web scanner finds port 22."""
    with host.lab.connect(host.ip, 22, source) as connection, contextlib.suppress(ConnectionResetError):
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while connection.recv(4096):
            pass


def many_connections(host: Host, source: str, count: int, *, parallel: int = 8) -> None:
    """Offer one wrong password in each of `count` connections, `parallel` at a time."""
    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(lambda _: host.ssh("root", password="wrong", source=source), range(count)))


def sudo(host: Host, user: str, *passwords: str, command: str = "id") -> int:
    """`user` types `passwords` one after the other at sudo's prompt; returns sudo's exit status."""
    typed = "".join(f"{password}\n" for password in passwords)
    return host.ssh(user, f"sudo -k -S -p '' {command}", password=PASSWORDS[user], typed=typed).returncode


def su(host: Host, user: str, password: str, *, login: bool = False, tag: str = "su") -> int:
    """`user` types `password` at the prompt of `su root` (`su - root` as a login shell) on a terminal.

    `tag` is what su takes for its own name, and therefore for its tag in the log.
    """
    command = f"exec -a {shlex.quote(tag)} su {'- ' if login else ''}root -c true"
    return converse(host, user, command, password)


def console_login(host: Host, user: str, password: str) -> None:
    """`user` logs in, or tries to, at a terminal of the machine with login(1)."""
    dialogue = f"(sleep 0.5; echo {shlex.quote(password)}; sleep 1.5; echo exit; sleep 0.5)"
    host.run(f"{dialogue} | timeout 10 systemd-run --quiet --pty --wait login {user}", check=False)


def forge(host: Host, user: str, message: str, ways: tuple[str, ...]) -> None:
    """An account, or root, writes lines in sshd's name: once in each of `ways` of forger.py."""
    command = f"python3 - {shlex.quote(message)} {' '.join(ways)}"
    if user == "root":
        forged = host.run(command, typed=FORGER)
    else:
        forged = host.ssh(user, command, password=PASSWORDS[user], typed=FORGER)
    assert forged.stdout.split() == [*ways], forged


def converse(host: Host, user: str, command: str, answer: str) -> int:
    """Run `command` on a terminal of `user`, type `answer` when it asks for a password, return its exit status.

    The answer waits for the prompt: getpass(3) throws away what was typed before it.
    """
    login, environment = host.ssh_command(user, password=PASSWORDS[user])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(host.lab.on_network([*login, "-tt", command]), env=environment, **pipes) as terminal:
        seen = b""
        while b"assword:" not in seen:
            byte = terminal.stdout.read(1)
            assert byte, f"no prompt, only {seen!r}"
            seen += byte
        time.sleep(0.1)  # the prompt is written just before the terminal's echo is switched off
        terminal.stdin.write(answer.encode() + b"\n")
        terminal.stdin.flush()
        return terminal.wait(30)
