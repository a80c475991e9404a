from fastapi import FastAPI

from fupin.app import service
from services.portal.routes import oauth

TAGS = [
    {"name": "tokens", "description": "The local token issuer. 本地令牌签发。"},
    {"name": "briefing", "description": "The county briefing, merged from the four services. 县级简报。"},
]


def create_app() -> FastAPI:
    """The front door: briefing, problem catalogue, local token issuer. It owns no tables."""
    return service(
        "portal",
        title="fupin portal",
        description="The front door of the four services: briefing, problem catalogue, tokens.",
        routers=[oauth.router],
        tags=TAGS,
    )


def main() -> FastAPI:
    """For `uvicorn --factory services.portal.app:main`."""
    return create_app()
