"""Swagger UI and ReDoc, from the package itself: the county intranet has no CDN. And the texts of docs/, as pages."""

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from markdown_it import MarkdownIt

from fupin import cors
from fupin.auth import open_route
from fupin.openapi import located
from fupin.problems import NotFound
from fupin.settings import Settings

_FILES = {
    "swagger-ui.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
    "redoc.js": ("redoc/redoc.standalone.js", "text/javascript"),
}
_START = """const place = document.getElementById("docs");
SwaggerUIBundle({
  url: place.dataset.url, domNode: place, deepLinking: true, persistAuthorization: false, displayRequestDuration: true,
  presets: [SwaggerUIBundle.presets.apis], validatorUrl: null,
});"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' {origins}; worker-src blob:; base-uri 'none'; frame-ancestors 'none'"
)
_SWAGGER = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs" data-url="{url}"></div><script src="/docs/swagger-ui.js"></script><script src="/docs/start.js"></script>
</html>"""
_REDOC = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body {{ margin: 0 }}</style>
<redoc spec-url="{url}"></redoc><script src="/docs/redoc.js"></script></html>"""


def docs(router: APIRouter, service: str, title: str) -> None:
    """Add a service's document, its two pages and their files to a router; none is part of the API they describe."""

    async def openapi(request: Request) -> dict[str, Any]:
        return located(request.app.openapi(), service, request.app.state.runtime.settings)

    async def swagger(request: Request) -> HTMLResponse:
        return swagger_ui(request.app.state.runtime.settings, title, "/openapi.json")

    async def reference(request: Request) -> HTMLResponse:
        return redoc(request.app.state.runtime.settings, title, "/openapi.json")

    async def docs_file(name: str) -> Response:
        if name == "start.js":
            return Response(_START, media_type="text/javascript")
        if name not in _FILES:
            raise NotFound
        path, kind = _FILES[name]
        file = Path(__file__).parent / "vendor" / path
        return FileResponse(file, media_type=kind, headers={"Cache-Control": "max-age=86400"})

    own = (("/docs", swagger), ("/redoc", reference)) if service != "portal" else ()  # the portal's are of all five
    for path, endpoint in (("/openapi.json", openapi), *own, ("/docs/{name}", docs_file)):
        router.get(path, include_in_schema=False, dependencies=[open_route()])(endpoint)


def swagger_ui(settings: Settings, title: str, url: str) -> HTMLResponse:
    """A page on which the API described at the address can be read and tried."""
    return _page(_SWAGGER, settings, title, url)


def redoc(settings: Settings, title: str, url: str) -> HTMLResponse:
    """A page on which the API described at the address can be read in one go."""
    return _page(_REDOC, settings, title, url)


def _page(page: str, settings: Settings, title: str, url: str) -> HTMLResponse:
    issuer = urlsplit(settings.issuer_url)
    allowed = sorted(cors.origins(settings) | {f"{issuer.scheme}://{issuer.netloc}"})
    policy = _POLICY.format(origins=" ".join(allowed))
    return HTMLResponse(page.format(title=escape(title), url=escape(url)), headers={"Content-Security-Policy": policy})


class Text(NamedTuple):
    """A text of docs/, rendered once."""

    title: str
    html: str
    language: str


GUIDES = ("import", "comparison", "distribution", "draw")


@cache
def texts() -> dict[str, Text]:
    """The guides in English, those in Chinese (`guides/zh/`), the events and the changelog, by name."""
    guides = [f"guides/{name}" for name in GUIDES]
    chinese = [f"guides/zh/{name}" for name in GUIDES]
    return {
        name: _text(_folder() / f"{name}.md", "zh-CN" if name in chinese else "en")
        for name in (*guides, *chinese, "events", "changelog")
    }


def _folder() -> Path:
    """docs/ of the checkout; in an installed package the copy that came with it."""
    here = Path(__file__).parent
    packed = here / "_docs"
    return packed if packed.is_dir() else here.parent / "docs"


def _text(file: Path, language: str) -> Text:
    markdown = file.read_text(encoding="utf-8")
    writer = MarkdownIt("commonmark", {"html": False}).enable("table")
    if language != "en":
        writer.add_render_rule("softbreak", lambda *_: "")  # Chinese has no space where a line ends
    html = writer.render(markdown)
    html = re.sub(r'href="([\w-]+)\.md"', rf'href="\1?lang={language[:2]}"', html)  # a page is called as its file
    return Text(markdown.partition("\n")[0].removeprefix("# "), html, language)
