"""Bringing a file into the staging tables: from its sealed parts, through the child process, by COPY."""

import asyncio
import hmac
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from fupin.crypto import Vault, mask_account, mask_id_number, mask_phone
from fupin.operations import Progress
from services.registry.queries import uploads
from services.registry.queries.imports import staging
from services.registry.queries.imports.staging import Connection
from services.registry.rules import kinds
from services.registry.rules.layouts import Layout
from services.registry.tables import reading

_MASKS = {
    kinds.ID_NUMBER: mask_id_number,
    kinds.PHONE: mask_phone,
    kinds.BANK_ACCOUNT: mask_account,
    kinds.CERTIFICATE: mask_id_number,
    kinds.ROSTER_ID_NUMBER: mask_id_number,
}
# An ID number has one blind index wherever it stands, so that a roster's row finds the registry's person.
_INDEXED = {kinds.ROSTER_ID_NUMBER: kinds.ID_NUMBER}


class Staged(NamedTuple):
    rows: int
    doubts: dict[str, int]


@asynccontextmanager
async def plain_file(progress: Progress, id: UUID) -> AsyncIterator[BinaryIO]:
    """The upload in the clear, in a file without a name that is gone when it is closed."""
    with tempfile.TemporaryFile() as file:
        async for chunk in uploads.chunks(progress.runtime, progress.who, id):
            await asyncio.to_thread(file.write, chunk)
        file.flush()
        yield file


async def stage(
    conn: Connection, progress: Progress, layout: Layout, file: BinaryIO, extra: str = "", **options: bool
) -> Staged:
    """Fill `stage` and `stage_error`. Raises what reading a file raises, and Cancelled."""
    await staging.prepare(conn, layout, str(progress.id), extra)
    rows, doubts = 0, {}
    vault: Vault = progress.runtime.vault
    sealer = RowSealer(layout, vault)
    async for batch in reading.read(file, layout.name, **options):
        if "end" in batch:
            doubts = batch["doubts"]
            continue
        tuples = await asyncio.to_thread(sealer.rows, batch["rows"])
        async with conn.cursor() as cursor:
            async with cursor.copy(staging.copy_rows(layout)) as copy:
                for row in tuples:
                    await copy.write_row(row)
            if batch["errors"]:
                async with cursor.copy(staging.COPY_ERRORS) as copy:
                    for error in batch["errors"]:
                        await copy.write_row(error)
        rows += len(tuples)
        await progress.step("reading", rows)
    await conn.execute(staging.ANALYZE)
    return Staged(rows, doubts)


class RowSealer:
    """Turns what the child read into rows to stage: personal numbers sealed, indexed and masked; the row's digest."""

    def __init__(self, layout: Layout, vault: Vault) -> None:
        self.layout = layout
        self.vault = vault
        # Keyed, so that the digest of a row tells nothing about the numbers in it.
        self._key = vault.index(layout.name, "registry.import.row")

    def rows(self, batch: Sequence[Sequence[Any]]) -> list[list[Any]]:
        columns = list(zip(*(values for _, _, values, _ in batch), strict=True))
        staged: list[Sequence[Any]] = [
            [row[0] for row in batch],
            [row[1] for row in batch],
            [self._digest(row[2]) for row in batch],
            [json.dumps(row[3], ensure_ascii=False) if row[3] else None for row in batch],
        ]
        for column, values in zip(self.layout.columns, columns, strict=True):
            if column.sealed is None:
                staged.append(values)
                continue
            indexed, mask = _INDEXED.get(column.sealed, column.sealed), _MASKS[column.sealed]
            staged.append(self.vault.seal_many(values, column.sealed))
            staged.append([None if value is None else self.vault.index(value, indexed) for value in values])
            staged.append([None if value is None else mask(value) for value in values])
            if column.field == "id_number":
                staged.append([None if value is None else _born(value) for value in values])
        return [list(row) for row in zip(*staged, strict=True)]

    def _digest(self, values: Sequence[Any]) -> bytes:
        written = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
        return hmac.digest(self._key, written, "sha256")[:16]


def _born(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
