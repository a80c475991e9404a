"""The funds service as a process of its own; the issuer's keys are at hand, so that no portal need run."""

import os

import uvicorn

from fupin import issuer, runtime
from fupin.jwks import Keys, StaticKeys
from fupin.settings import Settings
from services.funds.app import create_app


def _own_keys(_: str) -> Keys:
    return StaticKeys(issuer.jwks(Settings()))


APP = create_app()


def serve(port: int, environment: dict[str, str]) -> None:
    """Answers until killed."""
    os.environ |= environment
    runtime.__dict__["IssuerKeys"] = _own_keys
    uvicorn.run(APP, port=port, log_level="critical", access_log=False)
