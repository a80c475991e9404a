"""
Group commit: transfers that arrive one by one are posted together, in one transaction for as many as are waiting.

Nobody waits for company. The first transfer goes at once; those that arrive while it is being committed go together
next, while the answers of one group are written the next is being committed. Each keeps its own idempotency record,
actor and refusal, and each is answered after the commit. A group is one message to PostgreSQL, whose function
`post_waiting` claims the keys, posts, refuses by name and keeps the records.
"""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from fupin.auth import Principal
from fupin.idempotency import Claim, KeyInProgress, KeyReused
from fupin.problems import NotFound, Problem
from services.funds.codes import JournalSource
from services.funds.problems.ledger import DailyLimitReached, NoSuchAccount
from services.funds.queries.posting import POST_WAITING, STANDARD, Answer, ask, by_name, open_chart

MOST = 1_000
AT_ONCE = 2  # groups on their way: while one is committed, another is made ready

Place = tuple[str, str]  # whose books: division, county


class Wanted(NamedTuple):
    """One transfer as it was asked for."""

    who: Principal
    county: str
    key: str
    claim: Claim
    debit: str
    credit: str
    amount_fen: int
    on: date
    memo: str | None


class _Waiting:
    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.name: tuple[str, str] = wanted.claim.row["principal"], wanted.claim.row["key"]
        self.outcome: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.rest = _rest(wanted)

    def settle(self, found: Answer | BaseException) -> None:
        if self.outcome.done():
            return
        if isinstance(found, BaseException):
            self.outcome.set_exception(found)
            self.outcome.exception()  # a caller who hung up is no reason for a warning
        else:
            self.outcome.set_result(found)

    def asked(self) -> dict[str, Any]:
        """As `post_waiting` takes it."""
        one, row = self.wanted, self.wanted.claim.row
        return {
            "principal": row["principal"], "key": row["key"], "fingerprint": row["fingerprint"].hex(),
            "rest": self.rest, "journal_key": one.key, "on": one.on.isoformat(), "memo": one.memo, "debit": one.debit,
            "credit": one.credit, "amount": one.amount_fen, "actor": one.who.actor,
        }  # fmt: skip


class _Queue:
    """Those who wait for one place's books, and what is on its way for them."""

    def __init__(self) -> None:
        self.waiting: deque[_Waiting] = deque()
        self.came = asyncio.Event()
        self.flying: dict[asyncio.Task[None], int] = {}
        self.work: asyncio.Task[None] | None = None

    def may_go(self) -> bool:
        """Whether a group goes now: the first at once, a second when it is no smaller than the first."""
        return len(self.flying) < AT_ONCE and len(self.waiting) >= max(1, sum(self.flying.values()))

    def landed(self, group: asyncio.Task[None]) -> None:
        del self.flying[group]
        self.came.set()


class Coalescer:
    """Of one running service. Groups are of one division: row-level security binds each as it would its callers."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = runtime
        self.queues: dict[Place, _Queue] = {}
        self.pending: dict[tuple[str, str], _Waiting] = {}
        self.opened: set[str] = set()  # counties whose standard chart is open

    async def post(self, wanted: Wanted) -> Answer:
        """Raises what refuses it by name; KeyReused, KeyInProgress."""
        item = _Waiting(wanted)
        twin = self.pending.get(item.name)
        if twin is not None:
            if twin.wanted.claim.row["fingerprint"] != wanted.claim.row["fingerprint"]:
                raise KeyReused
            return (await asyncio.shield(twin.outcome))._replace(replayed=True)
        place = wanted.who.division, wanted.county
        self.pending[item.name] = item
        queue = self.queues.setdefault(place, _Queue())
        queue.waiting.append(item)
        queue.came.set()
        if queue.work is None:
            queue.work = asyncio.create_task(self._work(place, queue))
        return await asyncio.shield(item.outcome)

    async def _work(self, place: Place, queue: _Queue) -> None:
        try:
            while queue.waiting or queue.flying:
                while queue.may_go():
                    group = [queue.waiting.popleft() for _ in range(min(MOST, len(queue.waiting)))]
                    task = asyncio.create_task(self._settle(place, group))
                    queue.flying[task] = len(group)
                    task.add_done_callback(queue.landed)
                queue.came.clear()
                await queue.came.wait()
        finally:
            queue.work = None
            for task in queue.flying:
                task.cancel()
            for item in queue.waiting:  # only when the service stops: they were not begun
                del self.pending[item.name]
                item.settle(KeyInProgress())
            queue.waiting.clear()

    async def _settle(self, place: Place, group: Sequence[_Waiting]) -> None:
        try:
            for item, answer in zip(group, await self._posted(place, group), strict=True):
                item.settle(answer)
        except BaseException as error:
            for item in group:
                item.settle(error if isinstance(error, Exception) else KeyInProgress())
            if not isinstance(error, Exception):
                raise
        finally:
            for item in group:
                del self.pending[item.name]

    async def _posted(self, place: Place, group: Sequence[_Waiting]) -> list[Answer | Problem]:
        division, county = place
        asked = {
            "county": county, "source": JournalSource.TRANSFER.value,
            "wanted": json.dumps([item.asked() for item in group], ensure_ascii=False),
        }  # fmt: skip
        try:
            rows = await ask(self.runtime, division, POST_WAITING, asked)
        except DailyLimitReached as refusal:  # somebody's: who, shows when each is posted by itself
            if len(group) == 1:
                return [refusal]
            return [answer for item in group for answer in await self._posted(place, [item])]
        found = [_outcome(item, *row) for item, row in zip(group, rows, strict=True)]
        if county not in self.opened:
            return await self._opened(place, group, found)
        return found

    async def _opened(
        self, place: Place, group: Sequence[_Waiting], found: list[Answer | Problem]
    ) -> list[Answer | Problem]:
        """The standard chart is opened when a county first asks for one of it; who did is then posted."""
        again = [
            at
            for at, (item, answer) in enumerate(zip(group, found, strict=True))
            if isinstance(answer, NoSuchAccount) and STANDARD & {item.wanted.debit, item.wanted.credit}
        ]
        if not again:
            return found
        answers: dict[int, Answer | Problem]
        try:
            await open_chart(self.runtime, group[again[0]].wanted.who, place[1])
        except NotFound as refusal:  # the county's books are outside the division
            answers = dict.fromkeys(again, refusal)
        else:
            self.opened.add(place[1])
            answers = dict(zip(again, await self._posted(place, [group[at] for at in again]), strict=True))
        return [answers.get(at, answer) for at, answer in enumerate(found)]


def _rest(wanted: Wanted) -> str:
    """The answer's JSON after the journal's id."""
    body = {
        "debit": wanted.debit, "credit": wanted.credit, "amount_fen": wanted.amount_fen,
        "effective_on": wanted.on.isoformat(), "memo": wanted.memo,
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))[1:]


def _outcome(
    item: _Waiting, journal_id: Any, refusal: str | None, status: int | None, headers: Any, body: bytes | None
) -> Answer | Problem:
    if journal_id is not None:
        kept = {"location": f"/v1/journals/{journal_id}", "content-type": "application/json"}
        return Answer(201, kept, f'{{"journal_id":"{journal_id}",{item.rest}'.encode(), False)
    if status is not None and body is not None and refusal == "answered":
        return Answer(status, headers, body, True)
    return by_name(refusal or "")


_COALESCERS: "WeakKeyDictionary[Any, Coalescer]" = WeakKeyDictionary()


def coalescer(runtime: Any) -> Coalescer:
    """The runtime's own."""
    return _COALESCERS.setdefault(runtime, Coalescer(runtime))
