"""
Group commit: transfers that arrive one by one are posted together, in one transaction for as many as are waiting.

Nobody waits for company. The first transfer goes at once; those that arrive while it is being committed go together
next. Each keeps its own idempotency record, actor and refusal, and each is answered after the commit. When one of a
group cannot stand, the group is posted again one by one (`post_each`), in one transaction still.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import Principal
from fupin.db import transaction
from fupin.idempotency import KEEP_MANY, LOOK_MANY, Claim, KeyInProgress, KeyReused
from fupin.problems import Invalid, NotFound, Problem, every
from services.funds.codes import JournalSource
from services.funds.problems.ledger import ManagedAccount, NoSuchAccount, SameAccount
from services.funds.queries import ledger
from services.funds.queries.ledger import AccountId
from services.funds.rules.chart import CHART

MOST = 1_000
GATHERING = 0.001  # seconds that a group which follows upon another waits for more, and again while more come
PATIENCE = 0.02  # seconds that it waits at most


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


class Answer(NamedTuple):
    """What the caller gets, and its idempotency record keeps."""

    status: int
    headers: dict[str, str]
    body: bytes
    replayed: bool


class _Waiting:
    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.outcome: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    @property
    def name(self) -> tuple[str, str]:
        return self.wanted.claim.row["principal"], self.wanted.claim.row["key"]

    def settle(self, found: Answer | BaseException) -> None:
        if self.outcome.done():
            return
        if isinstance(found, BaseException):
            self.outcome.set_exception(found)
            self.outcome.exception()  # a caller who hung up is no reason for a warning
        else:
            self.outcome.set_result(found)


class Coalescer:
    """Of one running service. Groups are of one division: row-level security binds each as it would its callers."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = runtime
        self.queues: dict[tuple[str, str], deque[_Waiting]] = {}
        self.tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.pending: dict[tuple[str, str], _Waiting] = {}
        self.accounts: dict[tuple[str, str], dict[str, AccountId]] = {}

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
        self.queues.setdefault(place, deque()).append(item)
        if place not in self.tasks:
            self.tasks[place] = asyncio.create_task(self._work(place))
        return await asyncio.shield(item.outcome)

    async def _work(self, place: tuple[str, str]) -> None:
        queue = self.queues[place]
        try:
            while queue:
                group = [queue.popleft() for _ in range(min(MOST, len(queue)))]
                try:
                    await self._settle(place, group)
                except BaseException as error:
                    for item in group:
                        item.settle(error if isinstance(error, Exception) else KeyInProgress())
                    if not isinstance(error, Exception):
                        raise
                finally:
                    for item in group:
                        del self.pending[item.name]
                if len(group) > 1:
                    await _gathered(queue)
        finally:
            del self.tasks[place]
            for item in queue:  # only when the service stops: they were not begun
                del self.pending[item.name]
                item.settle(KeyInProgress())
            queue.clear()

    async def _settle(self, place: tuple[str, str], group: Sequence[_Waiting]) -> None:
        try:
            found = await self._post(place, group, together=True)
        except (
            DataError,
            IntegrityError,
            ProgrammingError,
        ):  # a limit, a key, a date, the division: whose, `post_each` tells
            found = await self._post(place, group, together=False)
        for item in group:
            item.settle(found[item.name])

    async def _post(
        self, place: tuple[str, str], group: Sequence[_Waiting], *, together: bool
    ) -> dict[tuple[str, str], Answer | Problem]:
        found: dict[tuple[str, str], Answer | Problem] = {}
        async with transaction(self.runtime, group[0].wanted.who) as db:
            items = await _unanswered(db, group, found)
            accounts = await self._accounts(db, place, items)
            items = [item for item in items if not _refused(item, accounts, found)]
            if items:
                posted = await _posted(db, place[1], items, accounts, found, together=together)
                await _keep(db, posted)
                found |= {item.name: answer for item, answer in posted}
        self.accounts[place] = accounts
        return found

    async def _accounts(
        self, db: AsyncSession, place: tuple[str, str], items: Sequence[_Waiting]
    ) -> dict[str, AccountId]:
        """Ids of accounts, which never change. Unknown codes are left out; a standard one is opened when first met."""
        known = self.accounts.get(place, {})
        missing = {code for item in items for code in (item.wanted.debit, item.wanted.credit)} - known.keys()
        if not missing:
            return known
        known = known | await ledger.known_ids(db, place[1], missing)
        if standard := (missing - known.keys()) & {account.code for account in CHART}:
            known |= await ledger.account_ids(db, place[1], standard)
        return known


async def _gathered(queue: deque[_Waiting]) -> None:
    """Those who were answered just now ask again at once: worth waiting for, while they keep coming."""
    until, before = time.monotonic() + PATIENCE, -1
    while before < len(queue) < MOST and time.monotonic() < until:
        before = len(queue)
        await asyncio.sleep(GATHERING)


async def _unanswered(
    db: AsyncSession, group: Sequence[_Waiting], found: dict[tuple[str, str], Answer | Problem]
) -> list[_Waiting]:
    """Claims every key; what was answered before is answered again."""
    names = [item.name for item in group]
    asked = {"principals": [name[0] for name in names], "keys": [name[1] for name in names]}
    fresh = []
    for item, row in zip(group, await db.execute(LOOK_MANY, asked), strict=True):
        if row.fingerprint is not None:
            same = bytes(row.fingerprint) == item.wanted.claim.row["fingerprint"]
            found[item.name] = Answer(row.status, row.headers, bytes(row.body), True) if same else KeyReused()
        elif row.ours:
            fresh.append(item)
        else:
            found[item.name] = KeyInProgress()
    return fresh


def _refused(item: _Waiting, accounts: dict[str, AccountId], found: dict[tuple[str, str], Answer | Problem]) -> bool:
    debit, credit = accounts.get(item.wanted.debit), accounts.get(item.wanted.credit)
    if debit is None or credit is None:
        found[item.name] = NoSuchAccount()
    elif debit.managed or credit.managed:
        found[item.name] = ManagedAccount()
    elif debit.id == credit.id:
        found[item.name] = SameAccount()
    return item.name in found


async def _posted(
    db: AsyncSession, county: str, items: Sequence[_Waiting], accounts: dict[str, AccountId],
    found: dict[tuple[str, str], Answer | Problem], *, together: bool,
) -> list[tuple[_Waiting, Answer]]:  # fmt: skip
    wanted = [item.wanted for item in items]
    asked = {
        "county": county,
        "keys": [one.key for one in wanted],
        "on": [one.on for one in wanted],
        "memos": [one.memo for one in wanted],
        "debits": [accounts[one.debit].id for one in wanted],
        "credits": [accounts[one.credit].id for one in wanted],
        "amounts": [one.amount_fen for one in wanted],
        "source": JournalSource.TRANSFER.value,
        "actors": [one.who.actor for one in wanted],
    }
    if together:
        numbers = {"numbers": list(range(1, len(items) + 1))}
        rows = await db.execute(ledger.POST_TOGETHER, asked | numbers)
        return [(item, _answer(item.wanted, row.journal_id)) for item, row in zip(items, rows, strict=True)]
    posted = []
    for item, row in zip(items, await db.execute(ledger.POST_EACH, asked), strict=True):
        if row.refusal is None:
            posted.append((item, _answer(item.wanted, row.journal_id)))
        else:
            found[item.name] = _by_name(row.refusal)
    return posted


def _answer(wanted: Wanted, journal_id: UUID) -> Answer:
    body = {
        "journal_id": str(journal_id), "debit": wanted.debit, "credit": wanted.credit,
        "amount_fen": wanted.amount_fen, "effective_on": wanted.on.isoformat(), "memo": wanted.memo,
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"location": f"/v1/journals/{journal_id}", "content-type": "application/json"}
    return Answer(201, headers, text, False)


async def _keep(db: AsyncSession, posted: Sequence[tuple[_Waiting, Answer]]) -> None:
    if posted:
        kept: dict[str, Any] = {
            "status": 201,
            "principals": [item.name[0] for item, _ in posted],
            "keys": [item.name[1] for item, _ in posted],
            "fingerprints": [item.wanted.claim.row["fingerprint"] for item, _ in posted],
            "headers": [json.dumps(answer.headers) for _, answer in posted],
            "bodies": [answer.body for _, answer in posted],
        }
        await db.execute(KEEP_MANY, kept)


def _by_name(refusal: str) -> Problem:
    """The problem that a constraint's name, or else an SQLSTATE, stands for."""
    for kind in every():
        if kind.constraint == refusal:
            return kind()
    if refusal == "42501":
        return NotFound()
    return Invalid("", "a value is outside what is allowed", zh="有值超出允许范围", code="out-of-range")


_COALESCERS: "WeakKeyDictionary[Any, Coalescer]" = WeakKeyDictionary()


def coalescer(runtime: Any) -> Coalescer:
    """The runtime's own."""
    return _COALESCERS.setdefault(runtime, Coalescer(runtime))
