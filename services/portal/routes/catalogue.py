"""The problem catalogue, where the `type` of every problem leads; and the code lists."""

import asyncio
from urllib.parse import quote

from fastapi import Request
from pydantic import TypeAdapter

from fupin import catalogue
from fupin.catalogue import CodeListNames, CodeListWords
from fupin.problems import NotFound
from fupin.remote import PeerRefused, Unanswered
from fupin.settings import SERVICES
from services.portal.clients import Services
from services.portal.schemas import ProblemCatalogue, ServiceProblem

CODE_LISTS = TypeAdapter(CodeListNames)
CODE_LIST = TypeAdapter(CodeListWords)


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


async def code_lists(peers: Services) -> dict[str, CodeListNames | None]:
    """The names of every service's code lists; None where it is silent."""

    async def of(service: str) -> CodeListNames | None:
        try:
            return await peers.runtime.peer(service).get("/v1/code-lists", CODE_LISTS, bearer="")
        except (Unanswered, PeerRefused):
            return None

    return dict(zip(SERVICES, await asyncio.gather(*map(of, SERVICES)), strict=True))


async def code_list(peers: Services, service: str, name: str) -> CodeListWords:
    """One code list. NotFound; Unanswered."""
    try:
        return await peers.runtime.peer(service).get(f"/v1/code-lists/{quote(name, safe='')}", CODE_LIST, bearer="")
    except PeerRefused:
        raise NotFound from None


def wants_page(request: Request) -> bool:
    """Whether the caller is a browser: it names text/html, and does not name JSON before it."""
    accept = request.headers.get("accept", "")
    html, json = accept.find("text/html"), accept.find("json")
    return html >= 0 and (json < 0 or html < json)
