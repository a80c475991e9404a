"""
The change feed: every line that a reader has not been told, in the order in which rows changed.

A transaction's number is given when it begins to write and says nothing of when it commits; a line with a lower number
may appear after one with a higher. So a reader's position is a whole snapshot: which transactions were over. The next
answer is what a later snapshot sees and that one did not, ordered by `seq`. Two transactions that touch the same row
wait for each other, and whoever sees the second sees the first: a row's lines come in the order of its changes, and no
one waits for a long transaction.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

NOTHING = "1:1:"  # the snapshot that sees nothing
NOW = "SELECT pg_current_snapshot()::text"
LINES = """
    SELECT json_build_object('kind', c.kind, 'id', c.object_id, 'action', c.action, 'version', c.version,
                             'division_code', c.division_code, 'at', c.at)::text, c.seq
    FROM recorded_change c
    WHERE c.xid >= pg_snapshot_xmin(%(since)s::pg_snapshot) AND c.xid < pg_snapshot_xmax(%(upto)s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(c.xid, %(since)s::pg_snapshot)
      AND pg_visible_in_snapshot(c.xid, %(upto)s::pg_snapshot)
      AND c.seq > %(seq)s AND (%(kinds)s::text[] IS NULL OR c.kind = ANY (%(kinds)s))
    ORDER BY c.seq LIMIT %(limit)s
"""


class Position(NamedTuple):
    """All that the snapshot `since` sees is read; of what `upto` sees more, if that is begun, the lines up to `seq`."""

    since: str = NOTHING
    upto: str | None = None
    seq: int = 0


async def read(
    connection: psycopg.AsyncConnection[Any], after: Position, kinds: Sequence[str] | None, limit: int
) -> tuple[list[str], Position]:
    """The lines that follow a position, and the position after them."""
    lines: list[str] = []
    at = after
    while True:
        begun = at.upto is not None
        if not begun:
            row = await (await connection.execute(NOW)).fetchone()
            at = Position(at.since, row[0] if row else at.since)
        wanted = {**at._asdict(), "kinds": kinds, "limit": limit - len(lines)}
        found = await (await connection.execute(LINES, wanted)).fetchall()
        lines += [row[0] for row in found]
        if len(lines) == limit:
            return lines, at._replace(seq=found[-1][1])
        at = Position(at.upto or at.since)
        if not begun:
            return lines, at
