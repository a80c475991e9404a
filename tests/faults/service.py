"""A service as a process of its own; the issuer's keys are at hand, so that no portal need run to verify tokens."""

import os
from importlib import import_module

import uvicorn

from fupin import issuer, runtime
from fupin.jwks import Keys, StaticKeys
from fupin.settings import Settings


def _own_keys(_: str) -> Keys:
    return StaticKeys(issuer.jwks(Settings()))


APPS = {
    name: import_module(f"services.{name}.app").create_app() for name in ("registry", "funds", "projects", "portal")
}


def serve(port: int, environment: dict[str, str], service: str = "funds") -> None:
    """Answers until killed."""
    os.environ |= environment
    runtime.__dict__["IssuerKeys"] = _own_keys
    uvicorn.run(APPS[service], port=port, log_level="critical", access_log=False)
