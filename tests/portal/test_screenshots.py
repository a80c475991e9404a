"""
The pages as Chromium draws them, with the network closed: wide, on a phone, on paper; and walked by Tab alone.

Screenshots and PDFs are left in the folder that FUPIN_SCREENSHOTS names, for people to look at.
"""

import json
import os
import re
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from anyio import to_thread

from fupin.docs import GUIDES
from tests.conftest import Api
from tests.portal.browser import CHROMIUM, Browser, browser
from tests.portal.conftest import County
from tests.portal.test_briefing import signed_in
from tests.portal.test_contrast import CSS

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
        self.wfile.write(answer.content if answer else b"nothing")  # without a word Chromium shows a page of its own

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
    every |= {"rows": "/rows/visits?where=state%3DDONE", "sign-in": "/sign-in?lang=en"}
    every |= {f"guide-{name}": f"/docs/guides/{name}" for name in GUIDES} | {"events": "/docs/texts/events"}
    answers = {path: await viewer.get(path) for path in (*every.values(), "/static/portal.css", "/static/icon.svg")}
    assert {answer.status_code for answer in answers.values()} == {200}

    def draw() -> None:
        kept.mkdir(parents=True, exist_ok=True)
        with on_stage(answers) as stage, browser(tmp_path / "profile") as chromium:
            base = f"http://127.0.0.1:{stage.server_port}"
            for name, path in every.items():
                for device, (width, height) in SIZES.items():
                    chromium.show(base + path, width, height)
                    assert chromium.find("document.documentElement.scrollWidth") <= width, (name, device)
                    picture = chromium.picture()
                    (kept / f"{name}-{device}.png").write_bytes(picture)
                    seen = drawn(picture)
                    assert seen[:2] == (width, height)
                    assert seen[2] > 40, (name, device)
                paper = chromium.paper()
                (kept / f"{name}.pdf").write_bytes(paper)
                assert re.search(rb"/Type\s*/Page\b", paper), name
            assert (chromium.complaints, stage.missed) == ([], [])
            for name, path in every.items():
                chromium.show(base + path)
                walk(chromium, name)

    await to_thread.run_sync(draw)


# Every stop there is, as it stands in the text; and, as focus comes to each, where and how it is drawn.
WATCH = """
    (() => {
      const wanted = 'a[href], button, input:not([type=hidden]), textarea, summary, [tabindex="0"]';
      const ring = (at) => { const s = getComputedStyle(at); return `${s.outlineStyle} ${s.outlineWidth}`; };
      window.stops = [...document.querySelectorAll(wanted)].filter((at) => at.checkVisibility());
      const before = window.stops.map(ring);
      window.went = [];
      addEventListener('focusin', ({target}) => {
        const nth = window.stops.indexOf(target), box = target.getBoundingClientRect();
        window.went.push([nth, ring(target) !== before[nth] && !ring(target).startsWith('none'),
                          box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight]);
      });
      return window.stops.length;
    })()
"""


def walk(chromium: Browser, name: str) -> None:
    """From the top of a page to its end by Tab alone, then Enter on what has been reached."""
    stops = chromium.find(WATCH)
    dates = chromium.find("stops.filter((at) => at.type === 'date').length")
    for _ in range(stops + 4 * dates):  # Tab goes through the day, the month and the year of a date, and its calendar
        chromium.press("Tab")
    went = chromium.find("went")[:stops]
    assert [nth for nth, _, _ in went] == list(range(stops)), (name, "in the order of the text, none left out")
    what = "(nth) => stops[nth].outerHTML.slice(0, 200)"
    unseen = [nth for nth, ring, inside in went if not (ring and inside)]
    assert unseen == [], (name, [chromium.find(f"({what})({nth})") for nth in unseen])
    assert chromium.find("stops[0].matches('a.skip[href=\"#main\"]')"), name

    chromium.find("stops[0].focus()")
    chromium.press("Enter")
    chromium.wait("location.hash === '#main'")
    chromium.press("Tab")
    assert chromium.find("document.activeElement.closest('main, footer, header')?.localName") != "header", name
    for nth in range(chromium.find("document.querySelectorAll('summary').length")):
        for opened in (True, False):
            chromium.find(f"document.querySelectorAll('summary')[{nth}].focus()")
            chromium.press("Enter")
            assert chromium.find(f"document.querySelectorAll('summary')[{nth}].parentElement.open") is opened, name
    for place in ("main td a", "main svg a"):  # the last of each leaves the page
        if chromium.find(f"!!document.querySelector('{place}')"):
            address = chromium.find(f"(at => (at.focus(), at.href.baseVal ?? at.getAttribute('href')))"
                                    f"(document.querySelector('{place}'))")  # fmt: skip
            here = chromium.find("location.href")
            chromium.press("Enter")
            chromium.wait(f"location.pathname + location.search === {json.dumps(address)}")
            chromium.show(here)


def test_nothing_on_a_page_moves_by_itself() -> None:
    """So there is nothing that `prefers-reduced-motion` would have to stop."""
    assert not re.search(r"animation|transition|scroll-behavior|@keyframes", CSS)
