"""
The child process: `python -m services.registry.tables.child TASK OPTIONS < file`.

check     whether the file may be parsed at all
read      its rows by a layout: batches of values and bad cells
mark      the file as a workbook with its bad cells marked; two more file handles bring the errors and take the workbook

Every answer is a line of JSON on standard output, the last one {"end": ...} or {"refused": reason}.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any, BinaryIO

from services.registry.rules.cells import Cell
from services.registry.rules.kinds import LAYOUTS
from services.registry.rules.layouts import Layout, RowReader, UnreadableHeadings, find_headings, rows_with_numbers
from services.registry.tables import csvs, limits, marking, workbooks
from services.registry.tables.workbooks import Refused


def main(task: str, options: dict[str, Any]) -> None:
    _limit()
    file = os.fdopen(0, "rb")
    try:
        if task == "check":
            _open(file)
            say(end=True)
        elif task == "read":
            read(file, LAYOUTS[options["layout"]], options)
        elif task == "mark":
            marking.mark(table(file), LAYOUTS[options["layout"]], options["errors"], options["into"])
            say(end=True)
    except Refused as refused:
        say(refused=refused.reason)
    except UnreadableHeadings as headings:
        say(refused="headings", unknown=headings.unknown, missing=headings.missing, duplicate=headings.duplicate)
    except MemoryError:
        say(refused="bomb")


def read(file: BinaryIO, layout: Layout, options: dict[str, Any]) -> None:
    rows = table(file)
    first = list(islice(rows, 6))
    headings = find_headings(layout, first, keep_other=options.get("keep_other", False))
    reader = RowReader(layout, headings, strict_ids=options.get("strict_ids", False))
    batch: list[list[Any]] = []
    errors: list[tuple[int, str, str]] = []
    count = 0
    for number, cells in rows_with_numbers(chain(first, rows)):
        if number <= headings.row + 1:
            continue
        count += 1
        found = reader.read(number, cells)
        batch.append([number, found.opens, bool(found.errors), found.values, found.attributes])
        errors.extend((number, field, error.value) for field, error in found.errors)
        if len(batch) == limits.BATCH:
            say(rows=batch, errors=errors)
            batch, errors = [], []
    if batch:
        say(rows=batch, errors=errors)
    if not count:
        raise Refused("empty")
    say(end=True, doubts=reader.doubts, columns=[field for field in headings.fields if field])


def table(file: BinaryIO) -> Iterator[Sequence[Cell]]:
    return workbooks.rows(file) if _open(file) else csvs.rows(file)


def _open(file: BinaryIO) -> bool:
    """Whether the file is a workbook, checked; else it is text."""
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start.startswith(workbooks.SIGNATURE):
        workbooks.check(file)
        return True
    if start.startswith(b"\xd0\xcf\x11\xe0"):  # the old binary workbook, or an encrypted new one
        raise Refused("old-workbook")
    if not start:
        raise Refused("empty")
    csvs.encoding(file)
    return False


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _limit() -> None:
    for what, most in ((resource.RLIMIT_AS, limits.MEMORY_BYTES), (resource.RLIMIT_CPU, limits.CPU_SECONDS),
                       (resource.RLIMIT_CORE, 0)):  # fmt: skip
        with suppress(ValueError, OSError):  # macOS takes no RLIMIT_AS; the checks before parsing still hold there
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
