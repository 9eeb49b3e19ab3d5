"""A headless Chromium, spoken to over two pipes by its DevTools protocol: no driver, no port, nothing to install.

https://chromedevtools.github.io/devtools-protocol/ has the methods and events by name.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional

from tests.harness.waiting import PATIENCE_S

NAMES = ("chromium", "google-chrome")
OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def program() -> Optional[str]:
    """The browser of this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A browser with a profile of its own; `folder` is an empty directory for it."""

    def __init__(self, folder: Path) -> None:
        # The browser reads commands at descriptor 3 and answers at 4, each message ended by a NUL.
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        rights = ["--no-sandbox"] if os.geteuid() == 0 else []
        pipes = f'exec "$@" 3</dev/fd/{theirs_in} 4>/dev/fd/{theirs_out}'
        command = [program(), *OPTIONS, *rights, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            ["sh", "-c", pipes, "sh", *command], pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest = b""
        self._last = 0
        self._events: List[Dict[str, Any]] = []

    def close(self) -> None:
        self.call("Browser.close")
        self._process.wait(PATIENCE_S)
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, session: Optional[str] = None, **parameters: Any) -> Dict[str, Any]:
        """The result of a method; events that come before it are kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        os.write(self._out, json.dumps({**message, **({"sessionId": session} if session else {})}).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._last:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._events.append(answer)

    def wait_for(self, method: str, session: str) -> None:
        """Wait for an event of a page that came, or comes, since the events were taken."""
        while not any(event.get("sessionId") == session and event["method"] == method for event in self._events):
            self._events.append(self._read())

    def take_events(self) -> List[Dict[str, Any]]:
        taken, self._events = self._events, []
        return taken

    def _read(self) -> Dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], PATIENCE_S)
            assert ready, "the browser does not answer"
            read = os.read(self._in, 1 << 16)
            assert read, "the browser has ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


class Page:
    """A tab of a window that is `width` pixels wide; what goes wrong in it is noted in `complaints`."""

    def __init__(self, browser: Browser, width: int, *, dark: bool = False) -> None:
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        browser.take_events()
        self.requests: List[str] = []
        self.complaints: List[str] = []

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)
        self._settle()

    def submit(self, script: str) -> None:
        """Run a script that leads to another page, and wait for that."""
        self.evaluate(script)
        self._settle()

    def evaluate(self, script: str) -> Any:
        """The value of an expression, or of what it promises."""
        result = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def photograph(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))

    def _call(self, method: str, **parameters: Any) -> Dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def _settle(self) -> None:
        self._browser.wait_for("Page.loadEventFired", self._session)
        for event in self._browser.take_events():
            self._note(event["method"], event["params"])

    def _note(self, method: str, told: Dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent" and not told["request"]["url"].startswith("data:"):
            self.requests.append(told["request"]["url"])
        elif method == "Network.loadingFailed" and told.get("canceled"):
            pass  # by us, who went on to the next page
        elif method in {"Network.loadingFailed", "Runtime.exceptionThrown"}:
            self.complaints.append(f"{method}: {told}")
        elif method == "Network.responseReceived" and told["response"]["status"] >= 400:
            self.complaints.append(f"{told['response']['status']}: {told['response']['url']}")
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(f"console: {told['args']}")
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"log: {told['entry']['text']}")
