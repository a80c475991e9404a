"""The bank's statements: import, matching, the worklist of what is unmatched."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Response
from starlette.concurrency import run_in_threadpool

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.idempotency import KeyRequired, needs_key
from fupin.paging import BadCursor, Paged
from fupin.problems import FieldError, NotFound, problems
from fupin.sheets import reading
from fupin.sheets.problems import REFUSALS
from services.funds import models
from services.funds.codes import BankLineState, MatchReason, ReceiptKind, StatementFormat
from services.funds.problems.bank import (
    BadStatement,
    DoesNotFit,
    LayoutExists,
    LineKnown,
    LineMatched,
    NotMatched,
    ReceiptMatched,
    StatementImported,
    StatementUnreadable,
    UnknownLayout,
)
from services.funds.problems.ledger import FutureDate, ShortOfFunds, WrongState
from services.funds.problems.loans import ReceiptExists, ReceiptSuperseded, ReceiptUndone
from services.funds.queries import bank as queries
from services.funds.queries import loans
from services.funds.routes import booking
from services.funds.routes.shared import County, day
from services.funds.rules import cells, matching
from services.funds.rules import statements as rules
from services.funds.schemas.bank import (
    BankLayout,
    BankLayoutPage,
    BankLine,
    BankLinePage,
    BankStatement,
    BankStatementPage,
    CandidateList,
    Matching,
    NewBankLayout,
    NewBankStatement,
    NewMatch,
)
from services.funds.schemas.loan_changes import Reason
from services.funds.schemas.loans import NewReceipt

router = Router(tags=["bank"])


@router.post(
    "/v1/bank-layouts",
    status_code=201,
    response_model=BankLayout,
    dependencies=[needs("funds:post")],
    responses=problems(LayoutExists),
)
async def create_bank_layout(new: NewBankLayout, db: Db, who: Who, county: County) -> models.BankLayout:
    """Save which headings of a bank's files stand for what."""
    values = new.model_dump() | {"columns": new.columns.model_dump(exclude_none=True), "made_by": who.actor}
    return await queries.layout(db, values | _place(county))


@router.get(
    "/v1/bank-layouts", response_model=BankLayoutPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_bank_layouts(db: Db, page: Paged) -> dict[str, Any]:
    """Saved layouts, oldest first."""
    return await page.of(db, queries.layouts(), key=models.BankLayout.id)


@router.post(
    "/v1/bank-statements",
    status_code=201,
    response_model=BankStatement,
    dependencies=[needs("funds:post")],
    responses=problems(
        UnknownLayout, StatementImported, StatementUnreadable, BadStatement, LineKnown, FutureDate, *REFUSALS
    ),
)
async def import_bank_statement(
    new: Annotated[NewBankStatement, Form(media_type="multipart/form-data")],
    db: Db, who: Who, county: County, today: Today, response: Response,
) -> models.BankStatement:  # fmt: skip
    """
    Import a statement (对账单): all of its lines or, with a bad row, none.

    A line that an earlier file brought is recognised and not imported again.
    """
    layout = await _layout(db, new)
    content = await new.file.read(rules.MOST_BYTES + 1)
    if len(content) > rules.MOST_BYTES:
        raise StatementUnreadable
    try:
        if layout is None:
            lines, bad = await run_in_threadpool(rules.from_mt940, content)
        else:
            rows = await reading.rows(new.file.file, rules.MOST_ROWS + rules.HEAD_ROWS)
            lines, bad = rules.from_table(rows, layout)
    except cells.Unreadable:
        raise StatementUnreadable from None
    if bad:
        raise BadStatement(
            errors=[FieldError(f"/rows/{row.row_no}/{row.field}", "body", "bad-row", row.en, row.zh) for row in bad]
        )
    if any(line.booked_on > today for line in lines):
        raise FutureDate
    await queries.alone(db, county)
    known = await queries.known(db, county, [line.digest for line in lines])
    values = {
        "filename": reading.plain_name(new.file.filename), "format": new.format,
        "digest": hashlib.sha256(content).digest(), "lines": len(lines),
        "known_lines": len(known), "made_by": who.actor,
    }  # fmt: skip
    fresh = [line._asdict() for line in lines if line.digest not in known]
    made = await queries.record(db, values | _place(county), fresh)
    response.headers["Location"] = f"/v1/bank-statements/{made.id}"
    return made


@router.get(
    "/v1/bank-statements",
    response_model=BankStatementPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_bank_statements(db: Db, page: Paged) -> dict[str, Any]:
    """Imported statements, oldest first."""
    return await page.of(db, queries.statements(), key=models.BankStatement.id)


@router.post(
    "/v1/bank-statements/{statement_id}:match",
    response_model=Matching,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound),
)
async def match_bank_statement(statement_id: UUID, db: Db, who: Who, county: County) -> Matching:
    """
    Match what needs nobody's judgement: a line whose reference was booked by hand, or that fits one contract well and
    no other nearly as well. Each such line posts its receipt. Repeating it looks at what is left.
    """
    if await queries.statement(db, statement_id) is None:
        raise NotFound
    await queries.alone(db, county)
    lines = await queries.unmatched(db, statement_id)
    matched = 0
    for line in lines:
        matched += await _match_surely(db, county, line, who.actor)
    return Matching(matched=matched, left=len(lines) - matched)


@router.get(
    "/v1/bank-lines", response_model=BankLinePage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_bank_lines(
    db: Db, page: Paged, statement_id: UUID | None = None, state: BankLineState | None = None
) -> dict[str, Any]:
    """Lines of statements; with `state=UNMATCHED` the worklist."""
    return await page.of(db, queries.lines(statement_id, state), key=models.BankLine.id)


@router.get(
    "/v1/bank-lines/{line_id}/candidates",
    response_model=CandidateList,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def list_candidates(line_id: UUID, db: Db) -> dict[str, Any]:
    """Which contracts a line may pay, and why, the likeliest first."""
    line = await _line(db, line_id)
    found = await _candidates(db, line["county_code"], line)
    return {"items": found, "sure": matching.sure(found) is not None}


@router.post(
    "/v1/bank-lines/{line_id}:match",
    response_model=BankLine,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(
        NotFound, LineMatched, ReceiptMatched, DoesNotFit, WrongState, ReceiptExists, FutureDate, KeyRequired
    ),
)
async def match_bank_line(
    line_id: UUID, new: NewMatch, db: Db, who: Who, county: County, today: Today
) -> dict[str, Any]:
    """Say what a line is. A payment or other income posts its receipt; a receipt booked before is only tied to it."""
    line = await _line(db, line_id)
    await queries.alone(db, line["county_code"])
    day(line["booked_on"], today)
    line = await _line(db, line_id)
    if line["state"] == BankLineState.MATCHED:
        raise LineMatched
    if line["state"] == BankLineState.OUTGOING:
        raise DoesNotFit
    receipt_id = new.receipt_id
    if receipt_id is not None:
        receipt = await loans.receipt(db, receipt_id)
        if receipt is None:
            raise NotFound
        if receipt["reversed_on"] or receipt["amount_fen"] != line["amount_fen"]:
            raise DoesNotFit
    else:
        receipt_id = await _book(db, county, line, new.loan_id, new.kind or ReceiptKind.LOAN_PAYMENT, who.actor)
    found = await _candidates(db, line["county_code"], line) if new.loan_id else []
    said = next((_explained(one) for one in found if one.loan_id == new.loan_id), {})
    await _tie(db, line, receipt_id, who.actor, automatic=False, explanation=said)
    return await _line(db, line_id)


@router.post(
    "/v1/bank-lines/{line_id}:unmatch",
    response_model=BankLine,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, NotMatched, ReceiptUndone, ReceiptSuperseded, ShortOfFunds, WrongState, KeyRequired),
)
async def unmatch_bank_line(line_id: UUID, body: Reason, db: Db, who: Who, today: Today) -> dict[str, Any]:
    """Undo a match: its receipt is reversed in the books, and the line is on the worklist again."""
    line = await _line(db, line_id)
    await queries.alone(db, line["county_code"])
    line = await _line(db, line_id)
    if line["receipt_id"] is None:
        raise NotMatched
    await booking.undo(db, line["receipt_id"], today, body.reason)
    await queries.unmatch(db, line_id, today, who.actor)
    return await _line(db, line_id)


async def _layout(db: Db, new: NewBankStatement) -> rules.Layout | None:
    if new.format is StatementFormat.MT940:
        return None
    found = await queries.layout_by_id(db, new.layout_id) if new.layout_id else None
    if found is None:
        raise UnknownLayout
    return rules.Layout(found.columns, found.date_format)


def _place(county: str) -> dict[str, str]:
    return {"county_code": county, "division_code": f"{county}000000"}


async def _line(db: Db, line_id: UUID) -> dict[str, Any]:
    found = await queries.line(db, line_id)
    if found is None:
        raise NotFound
    return found


async def _candidates(db: Db, county: str, line: dict[str, Any]) -> list[matching.Candidate]:
    wanted = matching.BankLine(line["booked_on"], line["amount_fen"], line["payer"], line["text"])
    return matching.candidates(wanted, await queries.claims(db, county))


def _explained(one: matching.Candidate) -> dict[str, Any]:
    return {"score": one.score, "loan_no": one.loan_no, "due_on": one.due_on.isoformat(), "reasons": [*one.reasons]}


async def _match_surely(db: Db, county: str, line: dict[str, Any], actor: str) -> bool:
    booked = await queries.booked(db, county, line["reference"])
    if booked is not None:
        if booked["amount_fen"] != line["amount_fen"]:
            return False  # the same reference and another amount: a person looks
        said = {"score": matching.POINTS[MatchReason.REFERENCE], "reasons": [MatchReason.REFERENCE]}
        await _tie(db, line, booked["id"], actor, automatic=True, explanation=said)
        return True
    one = matching.sure(await _candidates(db, county, line))
    if one is None:
        return False
    receipt_id = await _book(db, county, line, one.loan_id, ReceiptKind.LOAN_PAYMENT, actor)
    await _tie(db, line, receipt_id, actor, automatic=True, explanation=_explained(one))
    return True


async def _book(db: Db, county: str, line: dict[str, Any], loan_id: UUID | None, kind: ReceiptKind, actor: str) -> UUID:
    new = NewReceipt(
        kind=kind, loan_id=loan_id, amount_fen=line["amount_fen"], received_on=line["booked_on"],
        payer=line["payer"].strip() or "—", bank_reference=line["reference"], memo=line["text"] or None,
    )  # fmt: skip
    return await booking.book(db, county, new, line["booked_on"], actor)


async def _tie(
    db: Db, line: dict[str, Any], receipt_id: UUID, actor: str, *, automatic: bool, explanation: dict[str, Any]
) -> None:
    values = {
        "line_id": line["id"], "receipt_id": receipt_id, "automatic": automatic, "explanation": explanation,
        "made_by": actor,
    }  # fmt: skip
    await queries.match(db, values | _place(line["county_code"]))
