"""The problem catalogue: where the `type` of every problem leads."""

import asyncio

from fastapi import Request

from fupin import catalogue
from fupin.settings import SERVICES
from services.portal.clients import Services
from services.portal.schemas import ProblemCatalogue, ServiceProblem


async def collect(peers: Services) -> ProblemCatalogue:
    """The problems of all five services, by code; each once, with the services that may answer with it."""
    own, *others = await asyncio.gather(catalogue.list_problems(), *(peers.problems(name) for name in SERVICES))
    answered = {"portal": own} | dict(zip(SERVICES, others, strict=True))
    found: dict[str, ServiceProblem] = {}
    for service, kinds in answered.items():
        for kind in kinds.items if kinds else ():
            known = found.get(kind.code)
            if known:
                known.services.append(service)
            else:
                entry = kind.model_dump() | {"type": f"/problems/{kind.code}", "services": [service]}
                found[kind.code] = ServiceProblem(**entry)
    silent = [service for service, kinds in answered.items() if kinds is None]
    return ProblemCatalogue(items=[found[code] for code in sorted(found)], silent=silent)


def wants_page(request: Request) -> bool:
    """Whether the caller is a browser: it names text/html, and does not name JSON before it."""
    accept = request.headers.get("accept", "")
    html, json = accept.find("text/html"), accept.find("json")
    return html >= 0 and (json < 0 or html < json)
