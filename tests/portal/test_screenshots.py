"""
The pages as Chromium draws them, with the network closed: wide, on a phone, on paper.

Screenshots and PDFs are left in the folder that FUPIN_SCREENSHOTS names, for people to look at.
"""

import os
import re
import shutil
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from anyio import to_thread

from tests.conftest import Api
from tests.portal.conftest import County
from tests.portal.test_briefing import signed_in

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZES = {"desktop": (1200, 1600), "phone": (390, 2400)}
CARRIED = ("content-type", "content-security-policy", "x-content-type-options")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the pages are not drawn")


class Stage(ThreadingHTTPServer):
    """Serves what the portal answered, headers and all, and remembers what was asked for and not there."""

    def __init__(self, answers: Mapping[str, httpx.Response]) -> None:
        super().__init__(("127.0.0.1", 0), _Actor)
        self.answers = answers
        self.missed: list[str] = []


class _Actor(BaseHTTPRequestHandler):
    server: Stage

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.server.missed.append(self.path)
        self.send_response(200 if answer else 404)
        for name in CARRIED:
            if answer and name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        self.wfile.write(answer.content if answer else b"")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: pytest's output is for failures."""


@contextmanager
def on_stage(answers: Mapping[str, httpx.Response]) -> Iterator[Stage]:
    with Stage(answers) as stage:
        thread = threading.Thread(target=stage.serve_forever, daemon=True)
        thread.start()
        yield stage
        stage.shutdown()
        thread.join()


def chromium(profile: Path, address: str, *options: str) -> str:
    """Run it once; what it complained about."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--disable-background-networking", "--enable-logging=stderr", f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", *options, address,
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return "\n".join(line for line in ran.stderr.splitlines() if "CONSOLE" in line)


def drawn(png: bytes) -> tuple[int, int, int]:
    """Width, height and the number of different bytes of a picture: a blank one has few."""
    width, height = struct.unpack(">II", png[16:24])
    chunks, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            chunks.append(png[at + 8 : at + 8 + length])
        at += length + 12
    return width, height, len(set(zlib.decompress(b"".join(chunks))))


async def test_chromium_draws_every_page_without_the_network(portal: Api, county: County, tmp_path: Path) -> None:
    kept = Path(os.environ.get("FUPIN_SCREENSHOTS") or tmp_path / "screenshots")
    viewer = await signed_in(portal)
    every = {"hub": "/", **county.pages, "round-en": f"{county.pages['round']}&lang=en"}
    # Each picture starts a Chromium anew: all of them where they are kept, the two with most to draw otherwise.
    paths = every if "FUPIN_SCREENSHOTS" in os.environ else {name: every[name] for name in ("library", "round")}
    answers = {path: await viewer.get(path) for path in (*paths.values(), "/static/portal.css", "/static/icon.svg")}
    assert {answer.status_code for answer in answers.values()} == {200}

    def draw() -> None:
        kept.mkdir(parents=True, exist_ok=True)
        with on_stage(answers) as stage:
            base = f"http://127.0.0.1:{stage.server_port}"
            for name, path in paths.items():
                for device, (width, height) in SIZES.items():
                    file = kept / f"{name}-{device}.png"
                    said = chromium(
                        tmp_path / "profile", base + path, f"--window-size={width},{height}", f"--screenshot={file}"
                    )
                    assert said == "", (name, device, said)
                    seen = drawn(file.read_bytes())
                    assert seen[:2] == (width, height)
                    assert seen[2] > 40, (name, device)
            for name in set(county.pages) & set(paths):
                file = kept / f"{name}.pdf"
                chromium(tmp_path / "profile", base + paths[name], "--no-pdf-header-footer", f"--print-to-pdf={file}")
                assert re.search(rb"/Type\s*/Page\b", file.read_bytes()), name
            assert stage.missed == []

    await to_thread.run_sync(draw)
