"""Lists as workbooks: cells are typed or text, so nothing in them is ever a formula; memory stays flat."""

import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BLOCK = 1 << 16
ROWS = 1_000


async def workbook(headings: Sequence[str], rows: AsyncIterable[Sequence[Any]]) -> IO[bytes]:
    """A temporary file with one sheet: headings, then the rows."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has been sent
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, headings, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)

    def write(first: int, held: Sequence[Sequence[Any]]) -> None:
        for number, row in enumerate(held, start=first):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, bool):
                    sheet.write_string(number, column, "是" if value else "否")
                elif isinstance(value, int | float | Decimal):
                    sheet.write_number(number, column, value)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                else:
                    sheet.write_string(number, column, str(value))

    held: list[Sequence[Any]] = []
    written = 1
    async for row in rows:
        held.append(row)
        if len(held) == ROWS:
            await run_in_threadpool(write, written, held)
            written += len(held)
            held = []
    await run_in_threadpool(write, written, held)
    await run_in_threadpool(book.close)
    return file


def sent(file: IO[bytes], name: str) -> StreamingResponse:
    """The file as a download; it is gone once it has been sent."""

    async def blocks() -> AsyncIterator[bytes]:
        try:
            file.seek(0)
            while block := await run_in_threadpool(file.read, BLOCK):
                yield block
        finally:
            file.close()

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(blocks(), media_type=XLSX, headers=headers)
