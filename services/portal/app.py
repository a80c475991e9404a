from importlib.resources import files

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from fupin.app import service
from services.portal.routes import (
    briefing,
    comparisons,
    documentation,
    funds,
    library,
    oauth,
    pages,
    rounds,
    rows,
    session,
)

TAGS = (
    {"name": "tokens", "description": "The local token issuer. 本地令牌签发。"},
    {"name": "briefing", "description": "The county briefing, merged from the four services. 县级简报。"},
)


def create_app() -> FastAPI:
    """The front door: briefing, problem catalogue, local token issuer, pages. It owns no tables."""
    app = service(
        "portal",
        title="Portal",
        description="The front door of the four services (门户): briefing, problem catalogue, tokens.",
        routers=[
            oauth.router,
            briefing.router,
            pages.router,
            session.router,
            funds.router,
            comparisons.router,
            library.router,
            rounds.router,
            rows.router,
            documentation.router,
        ],
        tags=TAGS,
    )
    app.mount("/static", StaticFiles(directory=str(files("services.portal") / "static")))
    return app


def main() -> FastAPI:
    """For `uvicorn --factory services.portal.app:main`."""
    return create_app()
