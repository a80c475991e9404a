"""One export: put on record, then sent as CSV, workbook or JSON lines without being held in memory."""

import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import anyio
from fastapi import Request, Response

from fupin import audit
from fupin.auth import Principal
from fupin.crypto import Vault
from fupin.db import driver, transaction
from fupin.downloads import Download, Turns
from fupin.listing import Listing, Tally
from fupin.problems import Invalid
from fupin.tables import NDJSON
from services.registry import workbooks
from services.registry.codes.accesses import AccessKind, ExportFormat
from services.registry.problems.exports import TooLongForWorkbook
from services.registry.queries import accesses
from services.registry.queries import exports as queries
from services.registry.queries.exports import Sealed
from services.registry.queries.households import Households
from services.registry.queries.members import Members
from services.registry.rules import sheets
from services.registry.rules.sheets import Sheet

CSV = "text/csv; charset=utf-8"
BOM = "\ufeff"


class Export:
    """One export on its way: of which list, for whom, as what."""

    def __init__(self, request: Request, who: Principal, kind: ExportFormat, bom: bool) -> None:
        self.runtime = request.app.state.runtime
        self.who = who
        self.format = kind
        self.bom = bom
        given = sorted((k, v) for k, v in request.query_params.multi_items() if k not in ("format", "bom"))
        # A filter may be a person's name: the audit trail keeps what tells two exports apart, not the name.
        self.filters = hashlib.sha256(json.dumps(given, ensure_ascii=False).encode()).hexdigest()
        self.tally = Tally()
        self.turns = Turns.of(request.app)

    async def answer(self, listing: Listing, sheet: Sheet) -> Response:
        """The list, personal numbers masked. That it was asked for is on record before the first byte leaves."""
        self.turns.take(self)
        async with transaction(self.runtime, self.who) as db:
            await audit.record(db, "EXPORT", sheet.name, self.filters, change={"format": str(self.format)})
        if self.format is ExportFormat.XLSX:
            return await self._workbook(sheet, listing)
        return self._streamed(sheet, self._masked(listing, sheet))

    async def on_record(self, purpose: str, wanted: Households | Members, sheet: Sheet, household: str) -> Listing:
        """
        What now stands in the access histories, and no more: the listing's households under one export id.

        Without `Idempotency-Key`: a repeated request is answered anew and recorded anew, since a stored answer would
        keep the numbers in the clear.
        """
        if wanted.known_at is not None:
            raise Invalid(
                "known_at",
                "numbers in the clear are those of today",
                zh="明文导出仅限当前数据",
                where="query",
                code="known-at",
            )
        listing = wanted.listing()
        self.turns.take(self)
        async with transaction(self.runtime, self.who) as db:
            id = await accesses.new_export(db)
            seen = await accesses.record(
                db, AccessKind.EXPORT, listing, household=household, purpose=purpose, export_id=id
            )
            change = {"format": str(self.format), "filters": self.filters, "households": seen}
            await audit.record(db, "EXPORT_IN_THE_CLEAR", sheet.name, id, purpose=purpose, change=change)
        return queries.exported_by(listing, id, household)

    async def clear(self, listing: Listing, sheet: Sheet, sealed: Sequence[Sealed], vault: Vault) -> Response:
        """The list with these fields in the clear."""
        if self.format is ExportFormat.XLSX:
            return await self._workbook(sheet, listing, _opener(sheet, sealed, vault), sealed)
        return self._streamed(sheet, self._opened(listing, sheet, sealed, vault))

    async def _masked(self, listing: Listing, sheet: Sheet) -> AsyncIterator[bytes]:
        async with transaction(self.runtime, self.who) as db:
            connection = await driver(db)
            if self.format is ExportFormat.NDJSON:
                blocks = queries.ndjson(connection, listing, self.tally)
            else:
                yield self._headings(sheet)
                blocks = queries.csv(connection, listing, sheet, self.tally)
            async for block in blocks:
                yield block

    async def _opened(
        self, listing: Listing, sheet: Sheet, sealed: Sequence[Sealed], vault: Vault
    ) -> AsyncIterator[bytes]:
        async with transaction(self.runtime, self.who) as db:
            connection = await driver(db)
            if self.format is ExportFormat.NDJSON:
                async for found in queries.documents(connection, listing, sealed):
                    self.tally.rows += len(found)
                    yield _documents(found, sealed, vault)
                return
            yield self._headings(sheet)
            opened = _opener(sheet, sealed, vault)
            async for found in queries.rows(connection, listing, sheet, sealed):
                self.tally.rows += len(found)
                yield _csv(opened(found))

    def _streamed(self, sheet: Sheet, blocks: AsyncIterator[bytes]) -> Response:
        async def counted() -> AsyncIterator[bytes]:
            whole = False
            try:
                async for block in blocks:
                    yield block
                whole = True
            finally:
                self.turns.give_back(self)
                with anyio.CancelScope(shield=True):  # also when the caller hung up
                    await self._done(sheet, whole)

        csv_ = self.format is ExportFormat.CSV
        headers = {
            "Content-Disposition": f'attachment; filename="{sheet.name}.{self.format}"',
            "Cache-Control": "no-store",
        }
        return Download(counted(), media_type=CSV if csv_ else NDJSON, headers=headers)

    async def _workbook(
        self,
        sheet: Sheet,
        listing: Listing,
        opened: "Opener | None" = None,
        sealed: Sequence[Sealed] = (),
    ) -> Response:
        async def each() -> AsyncIterator[tuple[Any, ...]]:
            async for found in queries.rows(connection, listing, sheet, sealed):
                self.tally.rows += len(found)
                if self.tally.rows >= sheets.XLSX_ROWS:
                    raise TooLongForWorkbook
                for row in opened(found) if opened else found:
                    yield row

        try:
            async with transaction(self.runtime, self.who) as db:
                connection = await driver(db)
                file = await workbooks.workbook(sheet.headings, each())
        finally:
            self.turns.give_back(self)
        await self._done(sheet, True)
        return workbooks.sent(file, f"{sheet.name}.xlsx")

    async def _done(self, sheet: Sheet, whole: bool) -> None:
        change = {"format": str(self.format), "rows": self.tally.rows, "complete": whole}
        async with transaction(self.runtime, self.who) as db:
            await audit.record(db, "EXPORTED", sheet.name, self.filters, change=change)

    def _headings(self, sheet: Sheet) -> bytes:
        return (BOM if self.bom else "").encode() + _csv([tuple(sheet.headings)])


Opener = Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]


def _opener(sheet: Sheet, sealed: Sequence[Sealed], vault: Vault) -> Opener:
    """Puts the opened values, which follow a row sealed, into their columns."""
    width = len(sheet.columns)
    at = [next(n for n, column in enumerate(sheet.columns) if column.field == one.field) for one in sealed]

    def opened(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        rows = [list(row[:width]) for row in found]
        for number, one in enumerate(sealed):
            values = vault.open_many([row[width + number] for row in found], one.context)
            for row, value in zip(rows, values, strict=True):
                row[at[number]] = value
        return [tuple(row) for row in rows]

    return opened


def _documents(found: list[tuple[Any, ...]], sealed: Sequence[Sealed], vault: Vault) -> bytes:
    documents = [json.loads(row[0]) for row in found]
    for number, one in enumerate(sealed, 1):
        for document, value in zip(
            documents, vault.open_many([row[number] for row in found], one.context), strict=True
        ):
            document[one.field] = value
    return "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in documents).encode()


def _csv(rows: Sequence[tuple[Any, ...]]) -> bytes:
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerows([sheets.neutral(value) if isinstance(value, str) else value for value in row] for row in rows)
    return into.getvalue().encode()
