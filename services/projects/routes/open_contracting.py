"""The library for others: projects as an OC4IDS package, tenders as an OCDS release package, streamed."""

import hashlib
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import Select, TextClause

from fupin import audit
from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import transaction
from fupin.downloads import Download, TooManyExports, Turns
from fupin.exports import ONE_SNAPSHOT, PATIENCE
from fupin.problems import problems
from services.projects.queries import open_contracting as queries
from services.projects.queries.projects import projects
from services.projects.queries.tenders import TenderFilter, tenders
from services.projects.routes.projects import Asked
from services.projects.rules.open_contracting import EXTENSIONS
from services.projects.schemas.fields import Division

router = Router(tags=["exports"])

JSON = "application/json"
PACKAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The package.", "content": {JSON: {"schema": {"type": "object"}}}}
}


@router.get(
    "/v1/oc4ids/projects",
    response_class=Response,
    dependencies=[needs("projects:read")],
    responses=PACKAGE | problems(TooManyExports),
)
async def export_oc4ids(request: Request, who: Who, asked: Asked) -> Download:
    """Projects as an OC4IDS 0.9.5 project package, with the filters of the list."""
    head = _head(request, "0.9")
    return await _package(request, who, "oc4ids", head, "projects", projects(asked), queries.PROJECTS, {})


@router.get(
    "/v1/ocds/releases",
    response_class=Response,
    dependencies=[needs("projects:read")],
    responses=PACKAGE | problems(TooManyExports),
)
async def export_ocds(
    request: Request, who: Who, today: Today, project_id: UUID | None = None, division: Division | None = None
) -> Download:
    """Tenders, with bids, awards, contracts and payments, as an OCDS 1.1 release package."""
    head = _head(request, "1.1") | {"extensions": EXTENSIONS}
    found = tenders(TenderFilter(project_id, division))
    return await _package(request, who, "ocds", head, "releases", found, queries.RELEASES, {"on": today})


def _head(request: Request, version: str) -> dict[str, Any]:
    return {
        "uri": str(request.url),
        "version": version,
        "publishedDate": datetime.now(UTC).isoformat(timespec="seconds"),
        "publisher": {"name": request.app.state.runtime.settings.publisher},
    }


async def _package(
    request: Request, who: Principal, name: str, head: dict[str, Any], field: str, found: Select[Any],
    statement: TextClause, given: dict[str, Any],
) -> Download:  # fmt: skip
    runtime = request.app.state.runtime
    prefixes = {"oc4ids_prefix": runtime.settings.oc4ids_prefix, "ocds_prefix": runtime.settings.ocds_prefix}

    async def body() -> AsyncGenerator[str, None]:
        yield json.dumps(head, ensure_ascii=False)[:-1] + f', "{field}": ['
        async with transaction(runtime, who) as db:
            await db.execute(ONE_SNAPSHOT)
            await db.execute(PATIENCE)
            between = "\n"
            async for page in queries.documents(db, found, statement, given | prefixes):
                yield between + ",\n".join(page)
                between = ",\n"
        yield "\n]}\n"

    (turns := Turns.of(request.app)).take(request)
    async with transaction(runtime, who) as record:
        filters = hashlib.sha256(str(request.url.query).encode()).hexdigest()
        await audit.record(record, "EXPORT", name, filters, change={"format": name})
    headers = {"Content-Disposition": f'attachment; filename="{name}.json"', "Cache-Control": "no-store"}
    return turns.download(request, body(), headers=headers, media_type=JSON)
