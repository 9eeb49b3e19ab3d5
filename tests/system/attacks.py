"""What people and attackers do on a host: each function leaves the lines in the journal that the real thing leaves."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

from tests.harness.waiting import PATIENCE_S
from tests.system.host import GATEWAY, Host, Meeting
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

    All are open before any of them offers one, because sshd's PerSourcePenalties (Debian 13) would refuse the fourth
    one after three.
    """
    with ThreadPoolExecutor(connections) as pool, tempfile.TemporaryDirectory() as folder:
        meeting = Meeting(Path(folder), connections)
        refused = pool.map(
            lambda _: host.ssh(user, password="wrong", source=source, tries=tries, meeting=meeting), range(connections)
        )
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
    client, environment = host.ssh_command(user, password=PASSWORDS[user])
    with on_terminal(host, host.lab.on_network([*client, "-tt"]), command, environment) as terminal:
        answer(host, terminal, password)
        return terminal.wait(PATIENCE_S)


def console_login(host: Host, user: str, password: str) -> None:
    """`user` logs in, or tries to, at a terminal of the machine with login(1)."""
    client = host.inside('exec systemd-run --quiet --pty --wait sh -c "$0"')
    with on_terminal(host, client, f"exec login {user}") as terminal:
        answer(host, terminal, password)
        if b"incorrect" not in said_up_to(terminal, b"# ", b"$ ", b"incorrect"):
            type_line(terminal, "exit")
            terminal.wait(PATIENCE_S)
        terminal.kill()


def forge(host: Host, user: str, message: str, ways: tuple[str, ...]) -> None:
    """An account, or root, writes lines in sshd's name: once in each of `ways` of forger.py."""
    command = f"python3 - {shlex.quote(message)} {' '.join(ways)}"
    if user == "root":
        forged = host.run(command, typed=FORGER)
    else:
        forged = host.ssh(user, command, password=PASSWORDS[user], typed=FORGER)
    assert forged.stdout.split() == [*ways], forged


@contextlib.contextmanager
def on_terminal(
    host: Host, client: list[str], command: str, environment: dict[str, str] | None = None
) -> Iterator[Any]:
    """Let `client`, which takes it as its last word, run a command on a terminal of the host; `name` is the terminal's.

    The command begins when the name has arrived: login(1) throws away what nobody has read yet.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*client, f"tty; read -r go; {command}"], env=environment, **pipes) as terminal:
        terminal.name = terminal.stdout.readline().decode().strip()
        assert terminal.name.startswith("/dev/"), terminal.name
        type_line(terminal, "go")
        yield terminal


def answer(host: Host, terminal: Any, password: str) -> None:
    """Type a password once it is asked for, and what is typed is shown no more: what was typed before is thrown away."""
    said_up_to(terminal, b"assword:")
    host.run(f"until stty -a -F {terminal.name} | grep -q -e ' -echo '; do sleep 0.02; done")
    type_line(terminal, password)


def said_up_to(terminal: Any, *words: bytes) -> bytes:
    """Return what a terminal says, up to one of `words`."""
    seen = b""
    while not any(word in seen for word in words):
        byte = terminal.stdout.read(1)
        assert byte, f"none of {words}, only {seen!r}"
        seen += byte
    return seen


def type_line(terminal: Any, line: str) -> None:
    """Type a line and Enter."""
    terminal.stdin.write(line.encode() + b"\n")
    terminal.stdin.flush()
