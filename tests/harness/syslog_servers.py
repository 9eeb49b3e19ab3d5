"""Debian's rsyslog and syslog-ng on loopback, unpacked and not installed (tools/unpack.sh), and what they understood.

Each writes one JSON object for each message, made of the parts into which it took the message apart.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.harness.checkout import UNPACKED
from tests.harness.waiting import PATIENCE_S, until
from tests.harness.web import unused_port

_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib/syslog-ng")

_RSYSLOG = """
global(workDirectory="{work}" maxMessageSize="64k" net.enableDNS="off" shutdown.queue.doubleSize="off"
       parser.escapeControlCharacterTab="off")
{tls}
template(name="parts" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="process" name="procid" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
{input}
action(type="omfile" file="{out}" template="parts" flushOnTXEnd="on")
"""
_RSYSLOG_TLS = """
global(DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="{ca}"
       DefaultNetstreamDriverCertFile="{certificate}" DefaultNetstreamDriverKeyFile="{key}")
"""
_RSYSLOG_INPUTS = {
    "udp": 'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="{port}")',
    "tcp": 'module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="{port}")',
    "tls": (
        'module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="{peer}")\n'
        'input(type="imtcp" address="127.0.0.1" port="{port}")'
    ),
}
_SYSLOG_NG = """@version: 3.38
options {{ keep-hostname(yes); use-dns(no); log-msg-size(65536); flush-lines(1); stats-freq(0); ts-format(iso);
           frac-digits(3); time-zone("UTC"); }};
source s {{ {input} }};
destination d {{ file("{out}" template("$(format-json pri=$PRI time=$ISODATE host=$HOST app=$PROGRAM process=$PID id=$MSGID message=$MSG sequence=${{.SDATA.meta.sequenceId}} software=${{.SDATA.origin.software}})\\n")); }};
log {{ source(s); destination(d); }};
"""
_SYSLOG_NG_INPUTS = {
    "udp": 'network(ip("127.0.0.1") port({port}) transport("udp") flags(syslog-protocol));',
    "tcp": 'syslog(ip("127.0.0.1") port({port}) transport("tcp"));',
    "tls": (
        'syslog(ip("127.0.0.1") port({port}) transport("tls") tls(key-file("{key}") cert-file("{certificate}") '
        'ca-file("{ca}") peer-verify({peer})));'
    ),
}


class Server:
    """One of them, from `with` to its end; `stop` and `start` in between keep port and output."""

    def __init__(self, kind, directory, transport="tcp", pair=None, *, wants_certificate=False):
        self.port = unused_port()
        self._directory = Path(directory)
        self._out = self._directory / f"{kind}.out"
        self._transport = transport
        self._process = None
        self._errors = self._directory / f"{kind}.errors"
        text = self._rsyslog(pair, wants_certificate) if kind == "rsyslog" else self._syslog_ng(pair, wants_certificate)
        config = self._directory / f"{kind}.conf"
        config.write_text(text)
        self._command = _RUN[kind](config, self._directory)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                self._command, env=_environment(), stdout=errors, stderr=errors, stdin=subprocess.DEVNULL
            )
        self._wait_until(self._is_listening, lambda: "does not listen")

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def messages(self, count):
        """Wait for `count` messages, and return all that there are."""
        self._wait_until(lambda: len(self.lines()) >= count, lambda: f"has {len(self.lines())} of {count} messages")
        return [json.loads(line) for line in self.lines()]

    def lines(self):
        return self._out.read_bytes().split(b"\n")[:-1] if self._out.exists() else []

    def _is_listening(self):
        if self._transport == "udp":
            return f":{self.port:04X} " in Path("/proc/net/udp").read_text()
        return f":{self.port:04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()

    def _wait_until(self, done, trouble):
        def why():
            return f"{trouble()}: {self._errors.read_text()[-2000:]}"

        def holds():
            given = done()
            assert given or self._process is None or self._process.poll() is None, why()
            return given

        until(holds, why, pause_s=0.005)

    def _rsyslog(self, pair, wants_certificate):
        peer = "x509/certvalid" if wants_certificate else "anon"
        return _RSYSLOG.format(
            work=self._directory,
            tls=_RSYSLOG_TLS.format(**pair) if pair else "",
            input=_RSYSLOG_INPUTS[self._transport].format(port=self.port, peer=peer),
            out=self._out,
        )

    def _syslog_ng(self, pair, wants_certificate):
        peer = "required-trusted" if wants_certificate else "optional-untrusted"
        names = {**(pair or {}), "port": self.port, "peer": peer}
        return _SYSLOG_NG.format(input=_SYSLOG_NG_INPUTS[self._transport].format(**names), out=self._out)


def _environment():
    libraries = ":".join(str(UNPACKED / part) for part in _LIBRARIES)
    return {**os.environ, "LD_LIBRARY_PATH": libraries}


def _modules(pattern):
    return str(next(UNPACKED.glob(pattern)))


def _run_rsyslog(config, directory):
    modules = _modules("usr/lib/*/rsyslog")
    return [f"{UNPACKED}/usr/sbin/rsyslogd", "-n", "-C", "-f", str(config), "-i", f"{directory}/r.pid", "-M", modules]


def _run_syslog_ng(config, directory):
    modules = _modules("usr/lib/syslog-ng/[0-9]*")
    names = {"persist-file": "p", "pidfile": "n.pid", "control": "c"}
    files = [f"--{name}={directory}/{file}" for name, file in names.items()]
    return [
        f"{UNPACKED}/usr/sbin/syslog-ng",
        "-F",
        "--no-caps",
        f"--module-path={modules}",
        f"--cfgfile={config}",
        *files,
    ]


_RUN = {"rsyslog": _run_rsyslog, "syslog-ng": _run_syslog_ng}
