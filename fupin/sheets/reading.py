"""This side of the child process: start it on a file, listen to what it says, end it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from fupin.problems import Problem
from fupin.sheets import limits
from fupin.sheets.layouts import Layout
from fupin.sheets.problems import (
    ColumnsShifted,
    FileBurst,
    FileEmpty,
    FileTooLong,
    FileUnreadable,
    HeadingsUnknown,
    OldWorkbook,
    SheetTooWide,
)

_REFUSALS: dict[str, type[Problem]] = {
    "bomb": FileBurst,
    "too-wide": SheetTooWide,
    "old-workbook": OldWorkbook,
    "empty": FileEmpty,
    "unreadable": FileUnreadable,
}
_ROOT = Path(__file__).resolve().parents[2]


def plain_name(given: str | None) -> str:
    """
    A file's name as it may be shown: no path, no control characters.

    >>> plain_name("C:\\\\tables\\\\2018年.xlsx")
    '2018年.xlsx'
    """
    name = (given or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[:200] or "file"


async def check(file: BinaryIO) -> None:
    """Raises FileBurst, SheetTooWide, OldWorkbook, FileEmpty, FileUnreadable."""
    async for _ in _lines("check", {}, file):
        pass


async def rows(file: BinaryIO, most: int) -> list[list[Any]]:
    """
    The rows as they stand, headings included: text, numbers, booleans, None, dates and datetimes.

    Raises what `check` does, and FileTooLong beyond `most`.
    """
    found: list[list[Any]] = []
    async for line, _ in _lines("cells", {"most": most}, file):
        found += [
            [_day(cell["at"]) if isinstance(cell, dict) else cell for cell in row] for row in line.get("rows", ())
        ]
    return found


def _day(written: str) -> date:
    return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)


async def guess(file: BinaryIO, home: str, among: Sequence[str]) -> str:
    """Which of a module's layouts the headings speak of. Raises what `check` does, and HeadingsUnknown."""
    kind = ""
    async for line, _ in _lines("guess", {"home": home, "among": list(among)}, file):
        kind = line["kind"]
    return kind


class Batch(NamedTuple):
    """Rows in the words of COPY, see `rows.Batch`: each part has a line for each row."""

    rows: int
    errors: list[list[Any]]  # [row, field, code]
    heads: bytes
    bodies: bytes
    attributes: bytes
    sealed: list[bytes]


async def read(file: BinaryIO, layout: Layout, **options: Any) -> AsyncIterator[Batch | dict[str, int]]:
    """
    Batches, at the end what is odd but was taken: {code: count}. Raises what `check` does, HeadingsUnknown, and with
    `shifts` ColumnsShifted instead of a bad cell wherever one looks.
    """
    async for line, parts in _lines("read", {"home": layout.home, "layout": layout.name, **options}, file):
        if "end" in line:
            yield line["doubts"]
        else:
            errors, heads, bodies, attributes, *sealed = parts
            yield Batch(line["rows"], json.loads(errors or b"[]"), heads, bodies, attributes, sealed)


async def mark(
    file: BinaryIO, layout: Layout, errors: BinaryIO, into: BinaryIO, mapping: dict[str, str | None] | None
) -> None:
    """Write the file as a workbook with its bad cells marked; `errors` holds JSON lines ordered by row."""
    errors.seek(0)
    handles = (errors.fileno(), into.fileno())
    options = {
        "home": layout.home, "layout": layout.name, "errors": handles[0], "into": handles[1], "mapping": mapping,
    }  # fmt: skip
    async for _ in _lines("mark", options, file, handles):
        pass


async def _lines(
    task: str, options: dict[str, Any], file: BinaryIO, handles: tuple[int, ...] = ()
) -> AsyncIterator[tuple[dict[str, Any], list[bytes]]]:
    file.seek(0)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fupin.sheets.child", task, json.dumps(options),
        stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, pass_fds=handles,
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}, limit=limits.LINE_BYTES,
    )  # fmt: skip
    last: dict[str, Any] = {}
    listening = True
    try:
        assert child.stdout is not None  # noqa: S101  # asked for above
        while raw := await child.stdout.readline():
            last = json.loads(raw)
            sizes = last.get("parts", ())
            if sum(sizes) > limits.PARTS_BYTES:
                raise FileBurst
            parts = [await child.stdout.readexactly(size) for size in sizes]
            if "refused" not in last:
                yield last, parts
        listening = False
    except (ValueError, EOFError) as error:  # a line beyond all bounds, or cut off by the child's end
        raise FileBurst from error
    finally:
        if listening:  # whoever asked has gone away, or the child talks nonsense
            with suppress(ProcessLookupError):
                child.kill()
        await child.wait()
    if "refused" in last:
        raise _refusal(last)
    if "end" not in last:
        raise FileBurst


def _refusal(line: dict[str, Any]) -> Problem:
    if line["refused"] == "headings":
        return HeadingsUnknown(unknown=line["unknown"], missing=line["missing"], duplicate=line["duplicate"])
    if line["refused"] == "shifted":
        return ColumnsShifted(column=line["column"], by=line["by"])
    if line["refused"] == "too-long":
        return FileTooLong(most=line["most"])
    return _REFUSALS[line["refused"]]()
