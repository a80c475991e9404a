"""A distribution step by step: drafted, frozen, approved, on notice, posted, paid, closed."""

from collections import defaultdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.funds import models
from services.funds.clients import Registry, SnapshotRow
from services.funds.codes import DistributionState, ShareBound
from services.funds.problems.distributions import (
    DistributionExists,
    NobodyToPay,
    PotAboveCaps,
    PotBelowFloors,
    RuleRevisionExists,
    SnapshotBroken,
)
from services.funds.problems.ledger import ShortOfFunds, WrongState
from services.funds.queries import distributions as queries
from services.funds.queries import ledger
from services.funds.routes.shared import County, day
from services.funds.rules import shares
from services.funds.rules.chart import SHARED
from services.funds.rules.steps import as_it_stood
from services.funds.schemas.distributions import (
    Distribution,
    DistributionPage,
    DistributionPreview,
    DistributionRule,
    DistributionRulePage,
    DistributionVerification,
    NewDistribution,
    NewDistributionRule,
    StepPage,
    TownShare,
)

router = Router(tags=["distributions"])

DRAFT, SNAPSHOT = DistributionState.DRAFT, DistributionState.SNAPSHOT
ALLOCATING = (NobodyToPay, PotBelowFloors, PotAboveCaps, SnapshotBroken, Unanswered, PeerRefused)


@router.post(
    "/v1/distribution-rules",
    status_code=201,
    response_model=DistributionRule,
    dependencies=[needs("funds:post")],
    responses=problems(RuleRevisionExists),
)
async def create_distribution_rule(new: NewDistributionRule, db: Db, county: County) -> models.DistributionRule:
    """Write down a rule, or the next revision of the rule of that name. Earlier revisions stay."""
    place = {"county_code": county, "division_code": f"{county}000000"}
    return await queries.add_rule(db, new.model_dump() | place)


@router.get(
    "/v1/distribution-rules",
    response_model=DistributionRulePage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_distribution_rules(
    db: Db, page: Paged, name: Annotated[str | None, Query(max_length=64)] = None
) -> dict[str, Any]:
    """All revisions of all rules, oldest first."""
    return await page.of(db, queries.rules(name), key=models.DistributionRule.id)


@router.post(
    "/v1/distributions",
    status_code=201,
    response_model=Distribution | DistributionPreview,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, DistributionExists, ShortOfFunds, *ALLOCATING),
)
async def create_distribution(
    new: NewDistribution, db: Db, who: Who, county: County, today: Today, registry: Registry, response: Response,
    validate_only: Annotated[bool, Query(description="Show what it would be and record nothing.")] = False,
) -> dict[str, Any] | DistributionPreview:  # fmt: skip
    """Draft the sharing out of a part of the shared account. What is promised already cannot be promised again."""
    rule = await _rule(db, new.rule_id)
    need_on = day(new.need_on, today)
    await ledger.account_ids(db, county, {SHARED})
    available = await ledger.available(db, county, SHARED)
    if validate_only:
        response.status_code = 200
        snapshot = await registry.freeze(f"{county}000000", need_on, "distribution preview", str(uuid4()))
        return _preview(new.pot_fen, available, rule, await registry.rows(snapshot))
    if new.pot_fen > available:
        raise ShortOfFunds(asked_fen=new.pot_fen, available_fen=available)
    values = new.model_dump() | {
        "need_on": need_on, "county_code": county, "division_code": f"{county}000000", "made_by": who.actor
    }  # fmt: skip
    distribution = await queries.draft(db, values)
    response.headers["Location"] = f"/v1/distributions/{distribution.id}"
    return shown(distribution)


@router.get(
    "/v1/distributions",
    response_model=DistributionPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_distributions(
    db: Db, page: Paged, today: Today, year: int | None = None, state: DistributionState | None = None,
    as_of: Annotated[date | None, Query(description="As they stood at the end of this day; now when absent.")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Distributions, oldest first."""
    if as_of is None or as_of >= today:
        found = await page.of(db, queries.distributions(year, state), key=models.Distribution.id)
        return found | {"items": [shown(distribution) for distribution in found["items"]]}
    found = await page.of(db, queries.distributions_on(as_of, year, state), key=models.Distribution.id)
    return found | {
        "items": [as_it_stood(shown(row["Distribution"]), DistributionState[row["then"]]) for row in found["items"]]
    }


@router.get(
    "/v1/distributions/{distribution_id}",
    response_model=Distribution,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_distribution(distribution_id: UUID, db: Db) -> dict[str, Any]:
    """One distribution and the state it is in."""
    return shown(await distribution_or_404(db, distribution_id))


@router.post(
    "/v1/distributions/{distribution_id}:snapshot",
    response_model=Distribution,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, WrongState, *ALLOCATING),
)
async def snapshot_distribution(distribution_id: UUID, db: Db, registry: Registry) -> dict[str, Any]:
    """
    Freeze the needs of the day at the registry, take them over, and reckon every household's share.

    A silent registry changes nothing here; asking again continues from the same snapshot.
    """
    distribution = await distribution_or_404(db, distribution_id)
    if distribution.state != DRAFT:
        return _passed(distribution)
    asked = f"distribution {distribution.year}/{distribution.sequence}"
    frozen = await registry.freeze(
        distribution.division_code, distribution.need_on, asked, f"distribution:{distribution_id}"
    )
    rows = await registry.rows(frozen)  # ask the network before holding any lock
    distribution = await distribution_or_404(db, distribution_id, lock=True)
    if distribution.state != DRAFT:  # somebody was quicker
        return _passed(distribution)
    rule = await _rule(db, distribution.rule_id)
    rows.sort(key=lambda row: (row.division_code, row.household_no))
    allocation, lines = _lines(distribution.pot_fen, rule, rows)
    await queries.add_lines(db, distribution_id, distribution.county_code, lines)
    distribution.snapshot_id, distribution.snapshot_digest = frozen.id, frozen.digest
    return shown(
        await queries.change(
            db, distribution_id, state=SNAPSHOT, snapshot_id=frozen.id, snapshot_digest=frozen.digest,
            households=len(rows), open_pot_fen=allocation.pot_fen, open_need=allocation.total,
            batch_hash=_hash(distribution, rule, lines),
        )
    )  # fmt: skip


@router.get(
    "/v1/distributions/{distribution_id}/verification",
    dependencies=[needs("funds:read")],
    responses=problems(NotFound, WrongState),
)
async def verify_distribution(distribution_id: UUID, db: Db) -> DistributionVerification:
    """Reckon the whole allocation anew from its frozen inputs: it must come to the hash that was approved."""
    distribution = await distribution_or_404(db, distribution_id)
    if distribution.batch_hash is None:
        raise WrongState
    rule = await _rule(db, distribution.rule_id)
    stored = await queries.all_lines(db, distribution_id)
    rows = [SnapshotRow.model_validate(line, from_attributes=True) for line in stored]
    _, lines = _lines(distribution.pot_fen, rule, rows)
    again = _hash(distribution, rule, lines)
    same = all(line["share_fen"] == row.share_fen for line, row in zip(lines, stored, strict=True))
    return DistributionVerification(
        batch_hash=distribution.batch_hash.hex(),
        recomputed_hash=again.hex(),
        shares_fen=sum(row.share_fen for row in stored),
        pot_fen=distribution.pot_fen,
        agrees=same and again == distribution.batch_hash,
    )


@router.get("/v1/steps", response_model=StepPage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_steps(db: Db, page: Paged, thing_id: UUID) -> dict[str, Any]:
    """Every change of state of a loan or a distribution: who took it and when."""
    return await page.of(db, queries.steps(thing_id), key=models.Step.id)


async def distribution_or_404(db: Db, distribution_id: UUID, *, lock: bool = False) -> models.Distribution:
    found = await queries.distribution(db, distribution_id, lock=lock)
    if found is None:
        raise NotFound
    return found


async def _rule(db: Db, rule_id: UUID) -> models.DistributionRule:
    found = await queries.rule(db, rule_id)
    if found is None:
        raise NotFound
    return found


def shown(distribution: models.Distribution) -> dict[str, Any]:
    """As it is answered: hashes in hexadecimal."""
    batch = distribution.batch_hash
    return distribution.model_dump() | {"batch_hash": batch.hex() if batch else None}


def _passed(distribution: models.Distribution) -> dict[str, Any]:
    if distribution.state == DistributionState.CANCELLED:
        raise WrongState
    return shown(distribution)


def needs_of(row: SnapshotRow) -> shares.Needs:
    return shares.Needs(
        row.size, row.able_labour, row.ill, row.disabled, row.students, row.income_per_head_fen
    )  # fmt: skip


def _lines(
    pot_fen: int, rule: models.DistributionRule, rows: list[SnapshotRow]
) -> tuple[shares.Allocation, list[dict[str, Any]]]:
    """The allocation, and its lines numbered in the order of the rows."""
    weighed = [shares.need(rule, needs_of(row)) for row in rows]
    allocation = shares.allocate(pot_fen, weighed, floor_fen=rule.floor_fen, cap_fen=rule.cap_fen)
    lines = [
        row.model_dump() | {
            "line_no": number, "need": need, "rank": rank, "share_fen": share.fen, "remainder": share.remainder,
            "bound": share.bound.value if share.bound else None,
        }
        for number, (row, need, rank, share) in enumerate(
            zip(rows, weighed, shares.ranks(weighed), allocation.shares, strict=True), start=1
        )
    ]  # fmt: skip
    return allocation, lines


def _hash(distribution: models.Distribution, rule: models.DistributionRule, lines: list[dict[str, Any]]) -> bytes:
    header = {
        "county": distribution.county_code,
        "year": distribution.year,
        "sequence": distribution.sequence,
        "pot_fen": distribution.pot_fen,
        "need_on": distribution.need_on.isoformat(),
        "snapshot": str(distribution.snapshot_id),
        "digest": distribution.snapshot_digest,
        "rule": rule.model_dump(mode="json", exclude={"at", "made_by", "county_code", "division_code"}),
    }
    records = (
        (line["household_id"], line["household_no"], line["division_code"],
         shares.Needs(*(line[name] for name in shares.NEEDS)), line["share_fen"])
        for line in lines
    )  # fmt: skip
    return shares.batch_hash(header, records)


def _preview(
    pot_fen: int, available_fen: int, rule: models.DistributionRule, rows: list[SnapshotRow]
) -> DistributionPreview:
    _, lines = _lines(pot_fen, rule, rows)
    towns: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        towns[line["division_code"][:9]].append(line["share_fen"])
    fen = [line["share_fen"] for line in lines]
    return DistributionPreview(
        pot_fen=pot_fen,
        available_fen=available_fen,
        households=len(lines),
        least_fen=min(fen),
        most_fen=max(fen),
        at_floor=sum(line["bound"] == ShareBound.FLOOR for line in lines),
        at_cap=sum(line["bound"] == ShareBound.CAP for line in lines),
        towns=[
            TownShare(division_code=f"{town}000", households=len(found), share_fen=sum(found))
            for town, found in sorted(towns.items())
        ],
    )
