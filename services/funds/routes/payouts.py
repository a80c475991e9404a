"""One-card batches (一卡通代发): templates, batches, the bank's file, the bank's answer."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from fupin import audit, tables
from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.idempotency import KeyRequired, needs_key
from fupin.paging import BadCursor, Paged
from fupin.problems import FieldError, NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from fupin.sheets import reading
from fupin.sheets.problems import REFUSALS
from services.funds import models
from services.funds.clients import Payee, Registry
from services.funds.codes import DistributionState, PayeeFault, PayoutBatchState, PayoutFormat, PayoutOutcome
from services.funds.problems.ledger import FutureDate, ShortOfFunds, WrongState
from services.funds.problems.payouts import (
    BadPayoutResult,
    FileDiffers,
    NotPayable,
    PayeesMissing,
    PayoutResultUnreadable,
    ReleasedLine,
    TemplateExists,
)
from services.funds.queries import distributions
from services.funds.queries import payouts as queries
from services.funds.routes import paying
from services.funds.routes.distributions import distribution_or_404, shown
from services.funds.routes.shared import County, day
from services.funds.rules import cells
from services.funds.rules import payouts as rules
from services.funds.schemas.distributions import Distribution
from services.funds.schemas.payouts import (
    Conservation,
    NewPayoutBatch,
    NewPayoutResult,
    NewPayoutTemplate,
    PayoutBatch,
    PayoutBatchPage,
    PayoutFileWanted,
    PayoutPage,
    PayoutResult,
    PayoutResultPage,
    PayoutTemplate,
    PayoutTemplatePage,
    Withdrawal,
)

router = Router(tags=["payouts"])

BLOCK = 1 << 16
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bank's file, accounts in the clear. `Content-Digest` (RFC 9530) carries its SHA-256.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("text/csv", tables.XLSX)},
    },
    **problems(NotFound, WrongState, PayeesMissing, FileDiffers, Unanswered, PeerRefused),
}


@router.post(
    "/v1/payout-templates",
    status_code=201,
    response_model=PayoutTemplate,
    dependencies=[needs("funds:post")],
    responses=problems(TemplateExists),
)
async def create_payout_template(new: NewPayoutTemplate, db: Db, who: Who, county: County) -> models.PayoutTemplate:
    """Save how a bank wants its file and how it answers. A saved template never changes."""
    values = new.model_dump(mode="json") | {
        "result_columns": new.result_columns.model_dump(exclude_none=True), "county_code": county,
        "division_code": f"{county}000000", "made_by": who.actor,
    }  # fmt: skip
    return await queries.add_template(db, values)


@router.get(
    "/v1/payout-templates",
    response_model=PayoutTemplatePage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_payout_templates(db: Db, page: Paged) -> dict[str, Any]:
    """Saved templates, oldest first."""
    return await page.of(db, queries.templates(), key=models.PayoutTemplate.id)


@router.post(
    "/v1/distributions/{distribution_id}/payout-batches",
    status_code=201,
    response_model=PayoutBatch,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, WrongState, NotPayable, KeyRequired),
)
async def create_payout_batch(
    distribution_id: UUID, new: NewPayoutBatch, db: Db, who: Who, today: Today, response: Response
) -> dict[str, Any]:
    """
    Put lines into a batch for the bank; their money is on its way from now on (代发在途).

    Lines that the bank returned go into a new batch; one that is on its way or was paid cannot.
    """
    distribution = await distribution_or_404(db, distribution_id, lock=True)
    if distribution.state != DistributionState.POSTED:
        raise WrongState
    if await queries.template(db, new.template_id) is None:
        raise NotFound
    lines = (await paying.payable(db, distribution_id, new.line_nos))[: paying.MOST_LINES]
    if not lines:
        raise NotPayable
    batch_id = await paying.send(db, distribution, lines, new.template_id, today, who.actor)
    response.headers["Location"] = f"/v1/payout-batches/{batch_id}"
    return await _batch(db, batch_id)


@router.get(
    "/v1/payout-batches",
    response_model=PayoutBatchPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_payout_batches(db: Db, page: Paged, distribution_id: UUID | None = None) -> dict[str, Any]:
    """Batches with what the bank has answered, oldest first."""
    found = await page.of(db, queries.batches(distribution_id), key=models.PayoutBatch.id)
    return found | {"items": [_shown(batch) for batch in found["items"]]}


@router.get(
    "/v1/payout-batches/{batch_id}",
    response_model=PayoutBatch,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_payout_batch(batch_id: UUID, db: Db) -> dict[str, Any]:
    """One batch."""
    return await _batch(db, batch_id)


@router.post(
    "/v1/payout-batches/{batch_id}:file",
    response_class=Response,
    dependencies=[needs("funds:post")],
    responses=FILE,
)
async def make_payout_file(
    batch_id: UUID, wanted: PayoutFileWanted, db: Db, who: Who, registry: Registry, request: Request
) -> Response:
    """
    The bank's file (一卡通代发文件). Accounts come from the registry at this moment and are kept nowhere here.

    It is complete or not made at all. Made again it is the same, byte by byte, or refused: a batch never has two files.
    """
    request.state.idempotency = None  # a stored answer would keep the accounts
    batch = await _batch(db, batch_id)
    template = await queries.template(db, batch["template_id"]) if batch["template_id"] else None
    if template is None or batch["state"] == PayoutBatchState.ANSWERED:
        raise WrongState
    lines = await queries.payments(db, batch_id)
    payees = await registry.payees([line["household_id"] for line in lines], wanted.purpose)
    faults = [(line["line_no"], _fault(payees.get(line["household_id"]))) for line in lines]
    if missing := [{"line_no": line_no, "fault": fault.value} for line_no, fault in faults if fault]:
        raise PayeesMissing(lines=missing)
    payments = [_payment(line, payees[line["household_id"]]) for line in lines]
    content = await run_in_threadpool(rules.write, template, payments)
    digest = hashlib.sha256(content).digest()
    await distribution_or_404(db, batch["distribution_id"], lock=True)
    if (await _batch(db, batch_id))["state"] == PayoutBatchState.ANSWERED:  # somebody was quicker
        raise WrongState
    place = {"county_code": template.county_code, "division_code": template.division_code, "made_by": who.actor}
    made = {"batch_id": batch_id, "digest": digest, "size": len(content)} | place
    if await queries.add_file(db, made) != digest:
        raise FileDiffers
    change = {"sha256": digest.hex(), "lines": len(lines)}
    await audit.record(db, "PAYOUT_FILE", "payout_batch", batch_id, purpose=wanted.purpose, change=change)
    return _file(batch, template.format, template.encoding, content, digest)


@router.post(
    "/v1/payout-batches/{batch_id}/results",
    status_code=201,
    response_model=PayoutResult,
    dependencies=[needs("funds:post")],
    responses=problems(
        NotFound, WrongState, PayoutResultUnreadable, BadPayoutResult, FutureDate, ShortOfFunds, *REFUSALS
    ),
)
async def import_payout_result(
    batch_id: UUID, new: Annotated[NewPayoutResult, Form(media_type="multipart/form-data")], db: Db, who: Who,
    today: Today, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """
    Take the bank's answer (回盘文件): all of its rows or, with a bad row, none.

    Returned lines are payable again. The same file a second time, or rows known already, change nothing.
    """
    batch = await _batch(db, batch_id)
    distribution = await distribution_or_404(db, batch["distribution_id"], lock=True)
    template = await queries.template(db, batch["template_id"]) if batch["template_id"] else None
    if template is None:
        raise WrongState
    content = await new.file.read(rules.MOST_BYTES + 1)
    if len(content) > rules.MOST_BYTES:
        raise PayoutResultUnreadable
    digest = hashlib.sha256(content).digest()
    if (before := await queries.result(db, batch_id, digest)) is not None:
        response.status_code = 200
        return _result(before)
    if (await _batch(db, batch_id))["state"] == PayoutBatchState.MADE:
        raise WrongState  # nothing was sent that could be answered
    on = day(new.reported_on, today)
    if on < batch["sent_on"]:
        raise WrongState
    standing = {line["line_no"]: line for line in await queries.answers(db, batch_id)}
    try:
        rows = await reading.rows(new.file.file, rules.MOST_ROWS)
        found, bad = rules.read(rows, template, {line_no: line["amount_fen"] for line_no, line in standing.items()})
    except cells.Unreadable:
        raise PayoutResultUnreadable from None
    bad += _contradicted(found, standing)
    if bad:
        raise BadPayoutResult(
            errors=[FieldError(f"/rows/{row.row_no}/{row.field}", "body", "bad-row", row.en, row.zh) for row in bad]
        )
    fresh = [row for row in found if standing[row.line_no]["outcome"] is None]
    ended = [paying.Ended(r.line_no, standing[r.line_no]["amount_fen"], r.outcome, r.reason) for r in fresh]
    ended.sort()
    await paying.answered(db, distribution, batch_id, digest.hex(), ended, on, new.bank_reference)
    await paying.settled(db, distribution, on)
    made = await queries.add_result(
        db,
        {
            "county_code": template.county_code, "division_code": template.division_code, "batch_id": batch_id,
            "digest": digest, "filename": reading.plain_name(new.file.filename), "rows": len(found),
            "paid": sum(row.outcome is PayoutOutcome.PAID for row in fresh),
            "returned": sum(row.outcome is PayoutOutcome.RETURNED for row in fresh), "known": len(found) - len(fresh),
            "reported_on": on, "bank_reference": new.bank_reference, "made_by": who.actor,
        },
    )  # fmt: skip
    return _result(made)


@router.get(
    "/v1/payout-batches/{batch_id}/results",
    response_model=PayoutResultPage,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_payout_results(batch_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """The bank's answers to a batch, oldest first."""
    await _batch(db, batch_id)
    found = await page.of(db, queries.results(batch_id), key=models.PayoutResult.id)
    return found | {"items": [_result(row) for row in found["items"]]}


@router.get("/v1/payouts", response_model=PayoutPage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_payouts(
    db: Db, page: Paged, distribution_id: UUID | None = None, batch_id: UUID | None = None,
    outcome: PayoutOutcome | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Every attempt to pay a household's line, and how it ended."""
    line = models.PayoutLine
    key = (line.distribution_id, line.line_no, line.attempt)
    return await page.of(db, queries.attempts(distribution_id, batch_id, outcome), key=key)


@router.post(
    "/v1/payout-batches/{batch_id}:withdraw",
    response_model=PayoutBatch,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def withdraw_payout_batch(batch_id: UUID, why: Withdrawal, db: Db, today: Today) -> dict[str, Any]:
    """
    A second person says that the bank has not paid and will not pay what is unanswered; those lines are payable again.
    """
    batch = await _batch(db, batch_id)
    distribution = await distribution_or_404(db, batch["distribution_id"], lock=True)
    ended = [
        paying.Ended(line["line_no"], line["amount_fen"], PayoutOutcome.RETURNED, why.reason)
        for line in await queries.answers(db, batch_id)
        if line["outcome"] is None
    ]
    if ended:
        await paying.answered(db, distribution, batch_id, "withdrawn", ended, today, "WITHDRAWN")
    return await _batch(db, batch_id)


@router.post(
    "/v1/distributions/{distribution_id}/lines/{line_no}:release",
    response_model=Distribution,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState, ReleasedLine),
)
async def release_distribution_line(
    distribution_id: UUID, line_no: int, why: Withdrawal, db: Db, today: Today
) -> dict[str, Any]:
    """Give the money of a line that cannot be paid (household gone, account closed) back to the shared account."""
    distribution = await distribution_or_404(db, distribution_id, lock=True)
    line = await distributions.line(db, distribution_id, line_no)
    if line is None:
        raise NotFound
    if line["status"] not in paying.PAYABLE_LINES:
        raise ReleasedLine
    await paying.give_back(db, distribution, line, why.reason, today)
    return shown(await paying.settled(db, distribution, today))


@router.get(
    "/v1/distributions/{distribution_id}/conservation",
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_distribution_conservation(distribution_id: UUID, db: Db, who: Who) -> Conservation:
    """What became of all that was allocated, by the lines and by the books: what closing asks for."""
    distribution = await distribution_or_404(db, distribution_id)
    if not distribution.division_code.startswith(who.division):
        raise NotFound  # a town reads the notice of a distribution; the books are the county's
    return await paying.conservation(db, distribution)


async def _batch(db: Db, batch_id: UUID) -> dict[str, Any]:
    found = await queries.batch(db, batch_id)
    if found is None:
        raise NotFound
    return _shown(found)


def _shown(batch: dict[str, Any]) -> dict[str, Any]:
    return batch | {"sha256": bytes(batch["digest"]).hex() if batch["digest"] else None}


def _result(row: models.PayoutResult) -> dict[str, Any]:
    return row.model_dump() | {"sha256": bytes(row.digest).hex()}


def _fault(payee: Payee | None) -> PayeeFault | None:
    if payee is None:
        return PayeeFault.GONE
    if not payee.holder:
        return PayeeFault.NO_HOLDER
    return None if payee.bank_account else PayeeFault.NO_ACCOUNT


def _payment(line: dict[str, Any], payee: Payee) -> rules.Payment:
    return rules.Payment(
        line["line_no"], line["household_no"], payee.holder or "", payee.bank_account or "", line["amount_fen"]
    )  # fmt: skip


def _contradicted(found: list[rules.Result], standing: dict[int, dict[str, Any]]) -> Iterator[rules.BadRow]:
    for row in found:
        before = standing[row.line_no]["outcome"]
        if before is not None and before != row.outcome:
            yield rules.BadRow(row.row_no, "outcome", "answered otherwise before", "与此前的回盘结果不一致")


def _file(batch: dict[str, Any], kind: PayoutFormat, encoding: str, content: bytes, digest: bytes) -> Response:
    csv = kind is PayoutFormat.CSV
    name = f"payout-{batch['sent_on']:%Y%m%d}-{batch['number']}.{kind.value.lower()}"
    blocks = (content[start : start + BLOCK] for start in range(0, len(content), BLOCK))
    media = f"text/csv; charset={encoding.removesuffix('-sig')}" if csv else tables.XLSX
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(len(content)),
        "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(blocks, media_type=media, headers=headers)
