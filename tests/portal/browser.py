"""One headless Chromium that draws pages, prints them and presses keys, every address but this machine's closed."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-port=0",
    "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "about:blank",
)  # fmt: skip
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}
PATIENCE = 60.0  # seconds; a busy machine is slow to start it


class Browser:
    """A tab of Chromium, spoken to in its DevTools protocol."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._sent = 0
        self.complaints: list[str] = []
        for domain in ("Page", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """What it answers to a command; what it complains about meanwhile is kept."""
        self._sent += 1
        self._line.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            said = json.loads(self._line.recv(timeout=PATIENCE))
            if said.get("id") == self._sent:
                assert "error" not in said, (method, said)
                return said["result"]
            if said.get("method") == "Log.entryAdded":
                self.complaints.append(said["params"]["entry"]["text"])

    def find(self, expression: str) -> Any:
        """The value of JavaScript on the page."""
        said = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def wait(self, expression: str) -> None:
        until = time.monotonic() + PATIENCE
        while not self.find(expression):
            assert time.monotonic() < until, expression
            time.sleep(0.01)

    def show(self, address: str, width: int = 1200, height: int = 1600) -> None:
        """A page, wholly there, in a window of this size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.ask("Page.navigate", url=address)
        self.wait(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")

    def press(self, key: str) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        of_key = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **of_key, **text)

    def picture(self) -> bytes:
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def paper(self) -> bytes:
        return base64.b64decode(self.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start it, end it."""
    with subprocess.Popen(
        [str(CHROMIUM), f"--user-data-dir={profile}", *OPTIONS], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            port, until = profile / "DevToolsActivePort", time.monotonic() + PATIENCE
            while not (port.exists() and port.read_text().count("\n")):
                assert time.monotonic() < until, "Chromium does not start"
                time.sleep(0.02)
            tabs = httpx.get(f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json/list").json()
            address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            with connect(address, max_size=None, proxy=None) as line:
                yield Browser(line)
        finally:
            process.terminate()
