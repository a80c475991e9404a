"""Bringing a file into the staging tables: from its sealed parts, through the child process, by COPY."""

import asyncio
import hmac
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from fupin.crypto import Vault, mask_account, mask_id_number, mask_phone
from fupin.operations import Progress
from fupin.sheets import reading
from fupin.sheets.layouts import Column, Layout
from fupin.sheets.rows import ABSENT
from services.registry.queries import uploads
from services.registry.queries.imports import staging
from services.registry.queries.imports.staging import Connection
from services.registry.rules import kinds

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
    conn: Connection, progress: Progress, layout: Layout, file: BinaryIO, extra: str = "", **options: Any
) -> Staged:
    """Fill `stage` and `stage_error`. Raises what reading a file raises, and Cancelled."""
    await staging.prepare(conn, layout, str(progress.id), extra)
    rows, doubts = 0, {}
    sealer = RowSealer(layout, progress.runtime.vault)
    # PostgreSQL takes one batch while the next is sealed here and the one after that is read by the child.
    copying = asyncio.create_task(asyncio.sleep(0))
    try:
        async for batch in reading.read(file, layout, **options):
            if isinstance(batch, dict):
                doubts = batch
                continue
            lines = await asyncio.to_thread(sealer.lines, batch)
            await copying
            copying = asyncio.create_task(_copy(conn, layout, lines, batch.errors))
            rows += batch.rows
            await progress.step("reading", rows)
    finally:
        await copying
    await conn.execute(staging.ANALYZE)
    return Staged(rows, doubts)


async def _copy(conn: Connection, layout: Layout, lines: str, errors: list[list[Any]]) -> None:
    async with conn.cursor() as cursor:
        async with cursor.copy(staging.copy_rows(layout)) as copy:
            await copy.write(lines)
        if errors:
            async with cursor.copy(staging.COPY_ERRORS) as copy:
                for error in errors:
                    await copy.write_row(error)


class RowSealer:
    """Turns what the child read into lines to stage: personal numbers sealed, indexed and masked; the row's digest."""

    def __init__(self, layout: Layout, vault: Vault) -> None:
        self.columns = staging.sealed(layout)
        self.vault = vault
        # Keyed, so that the digest of a row tells nothing about the numbers in it.
        self._key = vault.index(layout.name, "registry.import.row")

    def lines(self, batch: reading.Batch) -> str:
        bodies = batch.bodies.decode().split("\n")
        numbers = [part.decode().split("\n") for part in batch.sealed]
        attributes = batch.attributes.decode().split("\n") if batch.attributes else [ABSENT] * batch.rows
        staged = [
            batch.heads.decode().split("\n"),
            attributes,
            bodies,
            self._digests(zip(bodies, *numbers, strict=True)),
        ]
        for column, values in zip(self.columns, numbers, strict=True):
            staged += self._sealed(column, [value or None for value in values])
        return "\n".join(map("\t".join, zip(*staged, strict=True))) + "\n"

    def _sealed(self, column: Column, values: list[str | None]) -> list[list[str]]:
        context = str(column.sealed)
        mask = _MASKS[context]
        found = [
            _bytes(self.vault.seal_many(values, context)),
            _bytes(self.vault.index_many(values, _INDEXED.get(context, context))),
            [ABSENT if value is None else mask(value) for value in values],
        ]
        if column.field == "id_number":
            found.append([ABSENT if value is None else _born(value[6:14]) for value in values])
            found.append([ABSENT if value is None else "21"[int(value[16]) % 2] for value in values])
        return found

    def _digests(self, rows: Iterable[Sequence[str]]) -> list[str]:
        key, digest = self._key, hmac.digest
        return ["\\\\x" + digest(key, "\t".join(row).encode(), "sha256")[:16].hex() for row in rows]


def _bytes(column: Iterable[bytes | None]) -> list[str]:
    """As COPY writes binary."""
    return [ABSENT if value is None else "\\\\x" + value.hex() for value in column]


@lru_cache(maxsize=1 << 16)
def _born(digits: str) -> str:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).isoformat()
    except ValueError:
        return ABSENT
