import tempfile
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fupin import audit, tables
from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import transaction
from fupin.downloads import Download, TooManyExports, Turns
from fupin.exports import ONE_SNAPSHOT, PATIENCE, sent
from fupin.problems import problems
from services.projects.queries.library_sheet import library
from services.projects.routes.projects import Asked, AsOf
from services.projects.rules import library_sheet as rules

router = Router(tags=["exports"])

WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "The workbook.", "content": {tables.XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get(
    "/v1/library.xlsx",
    response_class=Response,
    dependencies=[needs("projects:read")],
    responses=WORKBOOK | problems(TooManyExports),
)
async def export_library_sheet(request: Request, who: Who, asked: Asked, as_of: AsOf = None) -> Download:
    """The library as counties keep it in a workbook (项目库台账), with the filters of the list."""
    runtime, turns = request.app.state.runtime, Turns.of(request.app)
    turns.take(request)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has been sent
    try:
        book = tables.Workbook(file)
        book.headings(rules.headings())
        async with transaction(runtime, who) as db:
            await db.execute(ONE_SNAPSHOT)
            await db.execute(PATIENCE)
            async for page in library(db, asked, as_of):
                for project in page:
                    book.write(rules.row(dict(project), project["uscc"]))
        await run_in_threadpool(book.close)
        async with transaction(runtime, who) as record:
            await audit.record(record, "EXPORT", "library_sheet", request.url.query, change={"format": "xlsx"})
    except BaseException:
        file.close()
        raise
    finally:
        turns.give_back(request)
    headers = {"Content-Disposition": 'attachment; filename="library.xlsx"', "Cache-Control": "no-store"}
    return Download(sent(file), headers=headers, media_type=tables.XLSX)
