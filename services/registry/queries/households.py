"""Households: which, on which day, and what is shown of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import division_prefix
from fupin.db import driver
from fupin.listing import Listing, Source, count, words
from fupin.problems import NotFound
from services.registry import models
from services.registry.codes import (
    GuaranteeItem,
    HouseGrade,
    HouseholdStatus,
    PovertyCause,
    PovertyType,
    Residence,
)
from services.registry.queries.histories import ASSIGNMENTS, CHECKS, EVER, HOUSEHOLD, HOUSEHOLDS, MEMBERS
from services.registry.queries.histories import PATHWAYS as PATHWAYS_THEN
from services.registry.queries.moves import MERGED_INTO
from services.registry.rules.coverage import MOST
from services.registry.rules.statuses import POOR, REGISTERED

SOURCE = "household h"
# The history is only looked into for households whose present status began after the day asked for.
SETTLED = "h.status_on <= %(as_of)s"
FORMER = "former_status({id}, %(as_of)s, %(known_at)s)"
_THEN = f"CASE WHEN {SETTLED} THEN h.{{}} ELSE ({FORMER.format(id='h.id')}).{{}} END"
STATUS = _THEN.format("status", "to_status")
STATUS_ON = _THEN.format("status_on", "happened_on")

LIVING = """
    (m.joined_on IS NULL OR m.joined_on <= %(as_of)s) AND (m.left_on IS NULL OR m.left_on > %(as_of)s)
    AND (m.died_on IS NULL OR m.died_on > %(as_of)s)
"""

MERGED_BY_THEN = MERGED_INTO.replace("l.kind", "l.on_date <= %(as_of)s AND l.kind")

SHOWN = "".join(
    ["""
    h.id, h.household_no, h.county_code, h.division_code, h.residence, h.poverty_type, """, STATUS, """ AS status,
    """, STATUS_ON, " AS status_on, ", _THEN.format("status_reason", "reason"), """ AS status_reason,
    h.main_cause, h.other_causes, h.identified_on, h.exited_on,
    (SELECT m.name FROM member m WHERE m.household_id = h.id AND m.relation = '02' AND """, LIVING, """ LIMIT 1)
        AS head_name,
    (SELECT count(*) FROM member m WHERE m.household_id = h.id AND """, LIVING, """) AS persons,
    h.phone_mask AS phone, h.bank_account_mask AS bank_account,
    h.farmland_mu, h.irrigated_mu, h.forest_mu, h.grassland_mu, h.house_grade, """, MERGED_BY_THEN, """ AS merged_into,
    h.version
"""]
)  # fmt: skip

HELD = "x.from_on <= %(as_of)s AND (x.to_on IS NULL OR x.to_on >= %(as_of)s)"
HAS_HELPER = "EXISTS (SELECT FROM helper_assignment x WHERE x.household_id = h.id AND x.responsible AND " + HELD + ")"
# No pathway stands twice on a day (uq_household_pathway_once), so rows are pathways.
PATHWAYS = "".join(["(SELECT count(*) FROM household_pathway x WHERE x.household_id = h.id AND ", HELD, ")"])
NOT_MET = """
    EXISTS (SELECT FROM guarantee_check x WHERE x.household_id = h.id AND x.item = %(guarantee_not_met)s
            AND x.result = 'NOT_MET' AND x.year = extract(year FROM %(as_of)s::date))
"""

NAMED = "".join(
    ["""
    h.id IN (SELECT m.household_id FROM member m WHERE m.id = ANY (ARRAY(SELECT members_named(%(name)s)))
             AND """, LIVING, ")"]
)  # fmt: skip

BY_ID = (("h.id", UUID),)
BY_PLACE = (("h.division_code", str), ("h.household_no", str))

# The same with what was known at a moment: rows from their versions, and of all else what was recorded by then.
THEN_SOURCE = f"{HOUSEHOLDS} h"
# Of all households at once, in no order: for counting.
THEN_ALL = f"{HOUSEHOLD} h"
THEN_SHOWN = SHOWN.replace("FROM member m", f"FROM {MEMBERS} m").replace(
    "l.on_date <=", "l.recorded_at <= %(known_at)s AND l.on_date <="
)
THEN_HAS_HELPER = HAS_HELPER.replace("helper_assignment x", f"{ASSIGNMENTS} x")
THEN_PATHWAYS = PATHWAYS.replace("household_pathway x", f"{PATHWAYS_THEN} x")
THEN_NOT_MET = NOT_MET.replace("guarantee_check x", f"{CHECKS} x")
# The index of names knows today's only.
THEN_CALLED = "strpos(m.name, %(name)s) > 0"
THEN_NAMED = NAMED.replace("FROM member m", f"FROM {MEMBERS} m").replace(
    "m.id = ANY (ARRAY(SELECT members_named(%(name)s)))", THEN_CALLED
)

CHANGE_STATUS = text("""
    UPDATE household SET
        status = CAST(:status AS varchar), status_on = CAST(:on AS date), status_reason = :reason,
        identified_on = CASE WHEN CAST(:status AS varchar) = 'IDENTIFIED' THEN CAST(:on AS date) ELSE identified_on END,
        exited_on = CASE CAST(:status AS varchar) WHEN 'EXITED' THEN CAST(:on AS date)
                                                  WHEN 'IDENTIFIED' THEN NULL ELSE exited_on END,
        version = version + 1
    WHERE id = :id
""")
TOUCH = text("UPDATE household SET version = version + 1 WHERE id = :id")
VERIFY = """
    SELECT h.id, h.household_no, h.division_code, {status} AS status FROM {source}
    WHERE h.id = ANY (%(ids)s) AND {status} IS NOT NULL
""".replace("{source}", SOURCE).replace("{status}", STATUS)
SECRETS = text("""
    SELECT household_no, phone_enc, bank_account_enc FROM household WHERE id = :id
""")


@dataclass(frozen=True)
class Households:
    """Which households: what the list, its count, the statistics and the figures have in common."""

    as_of: date
    division: str | None = None
    status: Sequence[HouseholdStatus] = ()
    poor: bool | None = None
    registered: bool | None = None
    residence: Residence | None = None
    poverty_type: PovertyType | None = None
    main_cause: PovertyCause | None = None
    identified_year: int | None = None
    has_helper: bool | None = None
    pathways: int | None = None
    guarantee_not_met: GuaranteeItem | None = None
    household_no: str | None = None
    house_grade: HouseGrade | None = None
    name: str | None = None
    known_at: datetime | None = None  # none: as the tables stand

    def listing(self) -> Listing:
        """Households registered by the day, with what held on it."""
        then = self.known_at is not None
        found = Listing(
            THEN_SHOWN if then else SHOWN,
            THEN_SOURCE if then else SOURCE,
            BY_ID,
            params={"as_of": self.as_of, "known_at": self.known_at or EVER},
        ).where(STATUS + " IS NOT NULL")
        if self.division is not None:
            found = found.where("starts_with(h.division_code, %(division)s)", division=division_prefix(self.division))
        if self.status:
            found = found.where(STATUS + " = ANY (%(status)s)", status=words(self.status))
        for wanted, name, statuses in ((self.poor, "poor", POOR), (self.registered, "registered", REGISTERED)):
            if wanted is not None:
                test = f"({STATUS} = ANY (%({name})s)) = %({name}_wanted)s"
                found = found.where(test, **{name: words(sorted(statuses)), f"{name}_wanted": wanted})
        for column in ("residence", "poverty_type", "main_cause", "household_no", "house_grade"):
            if (value := getattr(self, column)) is not None:
                found = found.where(f"h.{column} = %({column})s", **{column: str(value)})
        if self.identified_year is not None:
            found = found.where(
                "h.identified_on BETWEEN %(first_day)s AND least(%(last_day)s, %(as_of)s)",
                first_day=date(self.identified_year, 1, 1),
                last_day=date(self.identified_year, 12, 31),
            )
        if self.has_helper is not None:
            test = THEN_HAS_HELPER if then else HAS_HELPER
            found = found.where(test + " = %(has_helper)s", has_helper=self.has_helper)
        if self.pathways is not None:
            test = " >= %(pathways)s" if self.pathways == MOST else " = %(pathways)s"
            found = found.where((THEN_PATHWAYS if then else PATHWAYS) + test, pathways=self.pathways)
        if self.guarantee_not_met is not None:
            found = found.where(THEN_NOT_MET if then else NOT_MET, guarantee_not_met=str(self.guarantee_not_met))
        if self.name is not None:
            found = found.where(THEN_NAMED if then else NAMED, name=self.name)
        return found

    def href(self) -> str:
        """The address that lists exactly these households."""
        given = [
            (name, str(value).lower() if isinstance(value, bool) else str(value))
            for name, value in vars(self).items()
            if value is not None and name not in ("status", "as_of", "known_at")
        ]
        if self.known_at not in (None, EVER):
            given.append(("known_at", str(self.known_at)))
        statuses = [("status", str(status)) for status in self.status]
        return f"/v1/households?{urlencode([*statuses, *given, ('as_of', self.as_of.isoformat())])}"


def by_id(id: UUID, as_of: date, known_at: datetime | None = None) -> Listing:
    return Households(as_of, known_at=known_at).listing().where("h.id = %(id)s", id=id)


def row(id: UUID) -> Listing:
    """The household's own row, whatever held on which day."""
    return Listing("h.id", "household h", BY_ID).where("h.id = %(id)s", id=id)


def holding(index: bytes, as_of: date) -> Listing:
    """Households with a member, present or past, of this ID number's index."""
    return (
        Households(as_of)
        .listing()
        .where("h.id IN (SELECT m.household_id FROM member m WHERE m.id_number_index = %(index)s)", index=index)
    )


async def known(db: Source, id: UUID) -> None:
    """Raises NotFound unless the household is registered in the caller's division."""
    if not await count(db, row(id), often=True):
        raise NotFound


async def locked(db: AsyncSession, id: UUID) -> models.Household:
    """The household, held still until the transaction ends. Raises NotFound."""
    wanted = select(models.Household).where(col(models.Household.id) == id).with_for_update()
    found = (await db.exec(wanted)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def verify(db: AsyncSession, ids: Sequence[UUID], on: date) -> list[tuple[UUID, str, str, str]]:
    """Those of the households that are in the register on the day, with their status."""
    found = await (await driver(db)).execute(VERIFY, {"ids": list(ids), "as_of": on, "known_at": EVER})
    return await found.fetchall()


def history(id: UUID) -> Listing:
    """The status history of a household, first step first."""
    shown = 's.seq, s.from_status, s.to_status, s.happened_on AS "on", s.reason, s.actor, s.recorded_at'
    return Listing(shown, "household_status s", (("s.seq", int),)).where("s.household_id = %(id)s", id=id)
