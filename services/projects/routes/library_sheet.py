import tempfile
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from fupin import audit, tables
from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import transaction
from fupin.exports import ONE_SNAPSHOT, PATIENCE, sent
from services.projects.queries.library_sheet import library
from services.projects.routes.projects import Asked, AsOf
from services.projects.rules import library_sheet as rules

router = Router(tags=["exports"])

WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "The workbook.", "content": {tables.XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get(
    "/v1/library.xlsx",
    response_class=StreamingResponse,
    dependencies=[needs("projects:read")],
    responses=WORKBOOK,
)
async def export_library_sheet(request: Request, who: Who, asked: Asked, as_of: AsOf = None) -> StreamingResponse:
    """The library as counties keep it in a workbook (项目库台账), with the filters of the list."""
    runtime = request.app.state.runtime
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
    headers = {"Content-Disposition": 'attachment; filename="library.xlsx"', "Cache-Control": "no-store"}
    return StreamingResponse(sent(file), 200, headers, tables.XLSX)
