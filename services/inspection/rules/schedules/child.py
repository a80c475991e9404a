"""
The solver in a process of its own: it can be ended at once, and nobody waits for it in the service.

    python -m services.inspection.rules.schedules.child < counties    a line of JSON each way for every county
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter

from fupin.problems import Problem, Unexpected
from fupin.processes import dies_with_parent
from services.inspection.problems import schedules as problems
from services.inspection.rules.schedules import crews, replanning
from services.inspection.rules.schedules.county import County, Outcome

ASKED = TypeAdapter(County)
OUTCOME = TypeAdapter(Outcome)
_ROOT = Path(__file__).resolve().parents[4]
_LINE = 1 << 26  # bytes; a county's schedule is far smaller


async def schedules(asked: Sequence[County]) -> AsyncIterator[tuple[str, Outcome]]:
    """
    Each county's code and schedule, in the order asked, as soon as it is solved. The child ends with the iteration.

    Raises what `crews.schedule` and `replanning.schedule` do.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, limit=_LINE,
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}, preexec_fn=dies_with_parent(signal.SIGKILL),
    )  # fmt: skip
    assert process.stdin is not None  # noqa: S101  # asked for above
    assert process.stdout is not None  # noqa: S101  # likewise
    try:
        for county in asked:
            process.stdin.write(ASKED.dump_json(county) + b"\n")
            await process.stdin.drain()
            line = json.loads(await process.stdout.readline() or b'{"refused": "", "members": {}}')
            if "refused" in line:
                raise _refusal(line)
            yield county.code, OUTCOME.validate_python(line)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _refusal(line: dict[str, Any]) -> Problem:
    named: type[Problem] | None = getattr(problems, line["refused"], None)
    return named(**line["members"]) if named else Unexpected()


def answer(lines: TextIO, into: TextIO) -> None:
    """Solve what comes, one county a line."""
    for line in lines:
        asked = ASKED.validate_json(line)
        try:
            outcome = crews.schedule(asked) if asked.standing is None else replanning.schedule(asked)
            into.write(OUTCOME.dump_json(outcome).decode())
        except Problem as problem:
            into.write(json.dumps({"refused": type(problem).__name__, "members": problem.members}))
        into.write("\n")
        into.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w") as speaks:
        os.dup2(2, 1)  # HiGHS names itself on standard output whenever it starts
        answer(sys.stdin, speaks)
