"""
The child process: `python -m fupin.sheets.child TASK OPTIONS < file`.

check     whether the file may be parsed at all
guess     the layout that its headings speak of
cells     its rows as they stand
read      its rows by a layout: batches of values and bad cells
mark      the file as a workbook with its bad cells marked; two more file handles bring the errors and take the workbook

Every answer is a line of JSON on standard output, the last one {"end": ...} or {"refused": reason}; a line with "parts"
is followed by as many bytes as these lengths say.
"""

import gc
import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any

from fupin.sheets import files, limits
from fupin.sheets.workbooks import Refused


def main(task: str, options: dict[str, Any]) -> None:
    _limit()
    gc.disable()  # millions of small things, none of them in a cycle: looking for cycles costs a fifth
    file = os.fdopen(0, "rb")
    try:
        if task == "check":
            files.is_workbook(file)
            say({"end": True})
            return
        # Knowing the layouts takes half a second; whoever only checks does not wait for it.
        from fupin.sheets import tasks

        does = {"read": tasks.read, "cells": tasks.cells, "guess": tasks.guess, "mark": tasks.mark}[task]
        for line, parts in does(file, options):
            say(line, *parts)
    except Refused as refused:
        say({"refused": refused.reason, **refused.more})
    except MemoryError:
        say({"refused": "bomb"})


def say(line: dict[str, Any], *parts: bytes) -> None:
    told = line | {"parts": [len(part) for part in parts]} if parts else line
    out = sys.stdout.buffer
    out.write(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    out.writelines(parts)
    out.flush()


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_CPU, limits.CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS takes no RLIMIT_AS; the checks before parsing still hold there
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
