"""This side of the child process: start it on a file, listen to what it says, end it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from services.registry.problems import FileBurst, FileEmpty, FileUnreadable, HeadingsUnknown, OldWorkbook, SheetTooWide
from services.registry.tables import limits

_REFUSALS = {
    "bomb": FileBurst,
    "too-wide": SheetTooWide,
    "old-workbook": OldWorkbook,
    "empty": FileEmpty,
    "unreadable": FileUnreadable,
}
_ROOT = Path(__file__).resolve().parents[3]


async def check(file: BinaryIO) -> None:
    """Raises FileBurst, SheetTooWide, OldWorkbook, FileEmpty, FileUnreadable."""
    async for _ in _lines("check", {}, file):
        pass


async def read(file: BinaryIO, layout: str, **options: Any) -> AsyncIterator[dict[str, Any]]:
    """
    Batches {"rows": [[row, opens, values, attributes]], "errors": [[row, field, code]]}, at the end
    {"end": true, "doubts": {code: count}}. Raises what `check` does, and HeadingsUnknown.
    """
    async for line in _lines("read", {"layout": layout, **options}, file):
        yield line


async def mark(file: BinaryIO, layout: str, errors: BinaryIO, into: BinaryIO) -> None:
    """Write the file as a workbook with its bad cells marked; `errors` holds JSON lines ordered by row."""
    errors.seek(0)
    handles = (errors.fileno(), into.fileno())
    async for _ in _lines("mark", {"layout": layout, "errors": handles[0], "into": handles[1]}, file, handles):
        pass


async def _lines(
    task: str, options: dict[str, Any], file: BinaryIO, handles: tuple[int, ...] = ()
) -> AsyncIterator[dict[str, Any]]:
    file.seek(0)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.registry.tables.child", task, json.dumps(options),
        stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, pass_fds=handles,
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}, limit=limits.LINE_BYTES,
    )  # fmt: skip
    last: dict[str, Any] = {}
    listening = True
    try:
        assert child.stdout is not None  # noqa: S101  # asked for above
        while raw := await child.stdout.readline():
            last = json.loads(raw)
            if "refused" not in last:
                yield last
        listening = False
    except ValueError as error:  # a line beyond all bounds, or cut off by the child's end
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


def _refusal(line: dict[str, Any]) -> Exception:
    if line["refused"] == "headings":
        return HeadingsUnknown(unknown=line["unknown"], missing=line["missing"], duplicate=line["duplicate"])
    return _REFUSALS[line["refused"]]()
