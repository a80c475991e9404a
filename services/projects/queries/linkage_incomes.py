"""What households gain: from how many projects, and how much against what was expected, year by year."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, and_, cast, func, or_, update
from sqlalchemy import select as rows
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.models import BeneficiaryLink, LinkIncome, Project

MOST = 4  # stands for four or more, as in the registry
_FROM, _TO = col(BeneficiaryLink.from_on), col(BeneficiaryLink.to_on)
_PROJECT = col(BeneficiaryLink.project_id)


@dataclass(frozen=True)
class LinkFilter:
    """Which links are asked for; None asks for all."""

    division: str | None = None
    project_id: UUID | None = None
    household_id: UUID | None = None


def _holding(first: date, last: date, asked: LinkFilter) -> list[ColumnElement[bool]]:
    conditions = [last >= _FROM, or_(_TO.is_(None), first <= _TO)]
    if asked.division is not None:
        conditions.append(func.starts_with(col(BeneficiaryLink.division_code), asked.division))
    if asked.project_id is not None:
        conditions.append(col(BeneficiaryLink.project_id) == asked.project_id)
    if asked.household_id is not None:
        conditions.append(col(BeneficiaryLink.household_id) == asked.household_id)
    return conditions


def household_linkages(on: date, asked: LinkFilter, projects: int | None, doubled: bool | None) -> Select[Any]:
    """
    Households with the projects they gain from on a day.

    A project outside the reader's division is counted and named by its id only.
    """
    way = func.concat_ws("|", col(BeneficiaryLink.kind), col(Project.category))
    known = col(Project.id).is_not(None)
    gain = func.jsonb_build_object(
        "link_id", col(BeneficiaryLink.id), "project_id", _PROJECT, "project_no", col(Project.project_no),
        "title", col(Project.title), "category", col(Project.category), "kind", col(BeneficiaryLink.kind),
        "from_on", _FROM, "to_on", _TO, "expected_income_fen", col(BeneficiaryLink.expected_income_fen),
    )  # fmt: skip
    each = (
        rows(
            col(BeneficiaryLink.household_id),
            func.min(col(BeneficiaryLink.household_no)).label("household_no"),
            func.min(col(BeneficiaryLink.division_code)).label("division_code"),
            func.count(_PROJECT.distinct()).label("projects"),
            (
                func.count(func.concat_ws("|", way, _PROJECT).distinct()).filter(known)
                > func.count(way.distinct()).filter(known)
            ).label("doubled"),
            func.jsonb_agg(aggregate_order_by(gain, col(BeneficiaryLink.id))).label("gains"),
        )
        .join_from(BeneficiaryLink, Project, col(Project.id) == _PROJECT, isouter=True)
        .where(*_holding(on, on, LinkFilter(asked.division, None, asked.household_id)))
        .group_by(col(BeneficiaryLink.household_id))
    )
    if asked.project_id is not None:
        each = each.having(func.bool_or(asked.project_id == _PROJECT))
    found = each.subquery("gaining")
    listed = rows(found)
    if projects is not None:
        listed = listed.where(found.c.projects >= MOST if projects == MOST else found.c.projects == projects)
    if doubled is not None:
        listed = listed.where(found.c.doubled == doubled)
    return listed


_GROUPS: dict[str, tuple[ColumnElement[Any], dict[str, ColumnElement[Any]]]] = {
    "link": (
        cast(col(BeneficiaryLink.id), String),
        {"household_no": func.min(col(BeneficiaryLink.household_no)), "project_no": func.min(col(Project.project_no))},
    ),
    "household": (
        cast(col(BeneficiaryLink.household_id), String),
        {"household_no": func.min(col(BeneficiaryLink.household_no))},
    ),
    "project": (cast(_PROJECT, String), {"project_no": func.min(col(Project.project_no))}),
    "town": (func.rpad(func.left(col(BeneficiaryLink.division_code), 9), 12, "0"), {}),
}


def incomes(year: int, by: str, asked: LinkFilter, short: bool | None) -> Select[Any]:
    """
    Expected against actual income of the links that held in a year, by link, household, project or town.

    Expectations are of a whole year, whatever part of it a link held; `compared_fen` is the expectation of those links
    whose actual income is recorded.
    """
    key, named = _GROUPS[by]
    expected, actual = col(BeneficiaryLink.expected_income_fen), col(LinkIncome.amount_fen)
    income = and_(col(LinkIncome.link_id) == col(BeneficiaryLink.id), col(LinkIncome.year) == year)
    each = (
        rows(
            key.label("key"),
            *(value.label(name) for name, value in named.items()),
            func.count().label("links"),
            func.count(actual).label("recorded"),
            func.sum(expected).label("expected_fen"),
            func.coalesce(func.sum(expected).filter(actual.is_not(None)), 0).label("compared_fen"),
            func.coalesce(func.sum(actual), 0).label("actual_fen"),
        )
        .select_from(BeneficiaryLink)
        .join(LinkIncome, income, isouter=True)
        .join(Project, col(Project.id) == _PROJECT, isouter=True)
        .where(*_holding(date(year, 1, 1), date(year, 12, 31), asked))
        .group_by(key)
    ).subquery("gained")
    listed = rows(each)
    if short is not None:
        less = each.c.actual_fen < each.c.compared_fen
        listed = listed.where(less if short else ~less)
    return listed


async def link(db: AsyncSession, link_id: UUID) -> BeneficiaryLink | None:
    return (await db.exec(select(BeneficiaryLink).where(BeneficiaryLink.id == link_id))).one_or_none()


def link_incomes(link_id: UUID) -> Select[Any]:
    return select(LinkIncome).where(LinkIncome.link_id == link_id)


async def record(db: AsyncSession, income: LinkIncome) -> LinkIncome:
    db.add(income)
    await db.flush()
    await db.refresh(income)
    return income


async def has_income(db: AsyncSession, income_id: UUID) -> bool:
    return (await db.exec(select(LinkIncome.id).where(LinkIncome.id == income_id))).one_or_none() is not None


async def change(db: AsyncSession, income_id: UUID, version: int, amount_fen: int, actor: str) -> LinkIncome | None:
    """The income as corrected; None when this version of it is not there to change."""
    statement = (
        update(LinkIncome)
        .where(col(LinkIncome.id) == income_id, col(LinkIncome.version) == version)
        .values(amount_fen=amount_fen, recorded_by=actor, version=version + 1)
        .returning(LinkIncome)
    )
    return (await db.execute(statement)).scalar_one_or_none()
