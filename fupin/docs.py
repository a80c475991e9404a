"""Swagger UI at /docs and ReDoc at /redoc, from the package itself: the county intranet has no CDN."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from fupin.auth import open_route
from fupin.problems import NotFound

_FILES = {
    "swagger-ui.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
    "redoc.js": ("redoc/redoc.standalone.js", "text/javascript"),
}
_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#docs", deepLinking: true, persistAuthorization: false, displayRequestDuration: true,
  presets: [SwaggerUIBundle.presets.apis], validatorUrl: null,
});"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; frame-ancestors 'none'"
)
_SWAGGER = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div><script src="/docs/swagger-ui.js"></script><script src="/docs/start.js"></script></html>"""
_REDOC = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body {{ margin: 0 }}</style>
<redoc spec-url="/openapi.json"></redoc><script src="/docs/redoc.js"></script></html>"""


def docs(router: APIRouter, title: str) -> None:
    """Add the two pages and their files to a router; none is part of the API they describe."""

    async def swagger_ui() -> HTMLResponse:
        return HTMLResponse(_SWAGGER.format(title=title), headers={"Content-Security-Policy": _POLICY})

    async def redoc() -> HTMLResponse:
        return HTMLResponse(_REDOC.format(title=title), headers={"Content-Security-Policy": _POLICY})

    async def docs_file(name: str) -> Response:
        if name == "start.js":
            return Response(_START, media_type="text/javascript")
        if name not in _FILES:
            raise NotFound
        path, kind = _FILES[name]
        file = Path(__file__).parent / "vendor" / path
        return FileResponse(file, media_type=kind, headers={"Cache-Control": "max-age=86400"})

    for path, endpoint in (("/docs", swagger_ui), ("/redoc", redoc), ("/docs/{name}", docs_file)):
        router.get(path, include_in_schema=False, dependencies=[open_route()])(endpoint)
