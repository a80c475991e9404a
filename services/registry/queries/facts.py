"""The facts of households on a day, as rules of eligibility see them: one row a household, one column a fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.registry.codes import GuaranteeItem
from services.registry.queries.histories import EVER, MEMBERS
from services.registry.queries.households import HELD, LIVING, SOURCE, STATUS, STATUS_ON, THEN_SOURCE
from services.registry.rules.statuses import POOR, REGISTERED

_GRADES = ", ".join(
    f"max(g.result) FILTER (WHERE g.item = '{item.value}') COLLATE \"C\" AS {item.lower()}" for item in GuaranteeItem
)
_CHECKED = ", ".join(f"g.{item.lower()} AS guarantee_{item.lower()}" for item in GuaranteeItem)
# A household that is not poor has no poverty type; of one in the register a missing type is unknown.
_TYPE = f"coalesce(h.poverty_type, CASE WHEN NOT {STATUS} = ANY (%(registered_statuses)s) THEN '' END)"

# Every join finds one row at most for a household and is known to: what no clause looks at, PostgreSQL leaves out.
_TEMPLATE = f"""
    SELECT h.id AS household_id, h.county_code, h.division_code,
        h.division_code::text COLLATE "C" AS division, h.residence::text COLLATE "C" AS residence,
        ({STATUS})::text COLLATE "C" AS status,
        (%(as_of)s::date - ({STATUS_ON}))::bigint AS days_in_status,
        {STATUS} = ANY (%(registered_statuses)s) AS registered, {STATUS} = ANY (%(poor_statuses)s) AS poor,
        h.poverty_type::text COLLATE "C" AS poverty_type,
        {_TYPE} = 'MINIMUM_LIVING' AS minimum_living, {_TYPE} = 'DESTITUTE' AS destitute,
        CASE WHEN h.identified_on <= %(as_of)s THEN (%(as_of)s::date - h.identified_on)::bigint END
            AS days_since_identified,
        CASE WHEN h.exited_on <= %(as_of)s THEN (%(as_of)s::date - h.exited_on)::bigint END AS days_since_exited,
        h.house_grade::text COLLATE "C" AS house_grade,
        coalesce(p.size, 0) AS size, CASE WHEN p.unrecorded > 0 THEN NULL ELSE coalesce(p.able, 0) END AS able_labour,
        coalesce(p.ill, 0) AS ill, coalesce(p.disabled, 0) AS disabled, coalesce(p.students, 0) AS students,
        coalesce(p.uninsured, 0) AS uninsured,
        %(year)s::bigint AS year, i.per_head_fen AS income_per_head, l.per_head_fen AS poverty_line, {_CHECKED},
        coalesce(g.not_met, 0) AS guarantees_not_met, {len(GuaranteeItem)} - coalesce(g.checked, 0)
            AS guarantees_unchecked,
        coalesce(%(exit_confirmed)s::boolean, e.confirmed, false) AS exit_confirmed,
        coalesce(w.pathways, 0) AS pathways, coalesce(a.helpers > 0, false) AS has_helper
    FROM {{source}}
    LEFT JOIN (
        SELECT m.household_id, count(*) AS size,
            count(*) FILTER (WHERE m.labour_ability IN ('SKILLED', 'ABLE')) AS able,
            count(*) FILTER (WHERE m.labour_ability IS NULL) AS unrecorded,
            count(*) FILTER (WHERE m.health && ARRAY['CHRONIC', 'SERIOUS']::varchar[]) AS ill,
            count(*) FILTER (WHERE m.health && ARRAY['DISABLED']::varchar[]) AS disabled,
            count(*) FILTER (WHERE m.school_stage <> 'NOT_IN_SCHOOL') AS students,
            count(*) FILTER (WHERE NOT m.medical_insurance) AS uninsured
        FROM {{member}} m WHERE {LIVING} GROUP BY m.household_id
    ) p ON p.household_id = h.id
    LEFT JOIN household_income i ON i.household_id = h.id AND i.year = %(year)s
    LEFT JOIN poverty_line l ON l.year = %(year)s
    LEFT JOIN (
        SELECT g.household_id, count(*) AS checked, count(*) FILTER (WHERE g.result = 'NOT_MET') AS not_met, {_GRADES}
        FROM guarantee_check g WHERE g.year = %(year)s GROUP BY g.household_id
    ) g ON g.household_id = h.id
    LEFT JOIN (
        SELECT c.household_id, bool_or(s.person IS NOT NULL AND s.confirmed_on IS NOT NULL) AS confirmed
        FROM procedure c JOIN procedure_step s ON s.procedure_id = c.id
        WHERE c.kind = 'EXIT' AND c.year = %(year)s AND c.state NOT IN ('REFUSED', 'WITHDRAWN')
          AND s.step = 'VERIFICATION' AND s.outcome = 'PASSED' AND s.happened_on <= %(as_of)s
        GROUP BY c.household_id
    ) e ON e.household_id = h.id
    LEFT JOIN (
        SELECT x.household_id, count(*) AS pathways FROM household_pathway x WHERE {HELD} GROUP BY x.household_id
    ) w ON w.household_id = h.id
    LEFT JOIN (
        SELECT x.household_id, count(*) AS helpers FROM helper_assignment x
        WHERE x.responsible AND {HELD} GROUP BY x.household_id
    ) a ON a.household_id = h.id
    WHERE {STATUS} IS NOT NULL
"""  # noqa: S608  # made of constants

NOW = _TEMPLATE.format(source=SOURCE, member="member")
THEN = _TEMPLATE.format(source=THEN_SOURCE, member=MEMBERS)


@dataclass(frozen=True)
class Day:
    """
    The day on which facts are looked at, and the year whose income, line and guarantees count.

    `exit_confirmed` says what the step of an exit procedure that is being recorded says itself.
    """

    on: date
    year: int
    today: date
    exit_confirmed: bool | None = None

    @property
    def source(self) -> str:
        """A past day is read from the histories, as the register's lists do."""
        return THEN if self.on < self.today else NOW

    @property
    def params(self) -> Mapping[str, Any]:
        return {
            "as_of": self.on, "known_at": EVER, "year": self.year, "exit_confirmed": self.exit_confirmed,
            "registered_statuses": sorted(map(str, REGISTERED)), "poor_statuses": sorted(map(str, POOR)),
        }  # fmt: skip
