"""Members of households: who belonged on a day, masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text

from fupin.auth import division_prefix
from fupin.listing import Listing, words
from services.registry.codes import Education, Health, LabourAbility, Relation, SchoolStage, Sex
from services.registry.queries import households
from services.registry.queries.histories import EVER, HOUSEHOLD, MEMBERS, PERSONS
from services.registry.rules.statuses import REGISTERED

SHOWN = """
    m.id, m.household_id, m.division_code, m.name, m.id_number_mask AS id_number, m.sex, m.nationality, m.relation,
    m.education, m.school_stage, m.health, m.labour_ability, m.medical_insurance, m.serious_illness_insurance,
    m.accident_insurance, m.pension_insurance, m.disability_certificate_mask AS disability_certificate,
    m.joined_on, m.left_on, m.died_on, m.version
"""
SOURCE = "member m JOIN " + households.SOURCE + " ON h.id = m.household_id"
_HOME = f" m JOIN LATERAL (SELECT * FROM {HOUSEHOLD} y WHERE y.id = m.household_id) h ON true"  # noqa: S608  # made of constants
THEN_SOURCE = PERSONS + _HOME
THEN_SOURCE_OF_HOUSEHOLD = MEMBERS + _HOME
CALLED = "m.id = ANY (ARRAY(SELECT members_named(%(name)s)))"
BY_ID = (("m.id", UUID),)
SECRETS = text("""
    SELECT id, name, id_number_enc, birth_date, disability_certificate_enc
    FROM member WHERE household_id = :id AND left_on IS NULL AND died_on IS NULL ORDER BY relation, id
""")

TOUCH_HOUSEHOLD = text("""
    UPDATE household SET version = version + 1 WHERE id = (SELECT household_id FROM member WHERE id = :id)
""")


@dataclass(frozen=True)
class Members:
    """Which members: what the list, its count and the figures have in common."""

    as_of: date
    division: str | None = None
    household_id: UUID | None = None
    school_stage: Sequence[SchoolStage] = ()
    registered: bool | None = None
    name: str | None = None
    sex: Sex | None = None
    relation: Relation | None = None
    education: Education | None = None
    labour_ability: LabourAbility | None = None
    health: Health | None = None
    known_at: datetime | None = None  # none: as the tables stand

    def listing(self) -> Listing:
        """Who belonged to a household on the day."""
        then = self.known_at is not None
        params = {"as_of": self.as_of, "known_at": self.known_at or EVER}
        past = THEN_SOURCE if self.household_id is None else THEN_SOURCE_OF_HOUSEHOLD
        found = Listing(SHOWN, past if then else SOURCE, BY_ID, params=params).where(households.LIVING)
        if self.division is not None:
            found = found.where("starts_with(m.division_code, %(division)s)", division=division_prefix(self.division))
        if self.household_id is not None:
            found = found.where("m.household_id = %(household_id)s", household_id=self.household_id)
        if self.name is not None:
            found = found.where(households.THEN_CALLED if then else CALLED, name=self.name)
        for column in ("sex", "relation", "education", "labour_ability"):
            if (value := getattr(self, column)) is not None:
                found = found.where(f"m.{column} = %({column})s", **{column: str(value)})
        if self.health is not None:
            found = found.where("%(health)s = ANY (m.health)", health=str(self.health))
        if self.school_stage:
            found = found.where("m.school_stage = ANY (%(school_stage)s)", school_stage=words(self.school_stage))
        if self.registered is not None:
            found = found.where(
                f"coalesce({households.STATUS} = ANY (%(registered)s), false) = %(registered_wanted)s",
                registered=words(sorted(REGISTERED)),
                registered_wanted=self.registered,
            )
        return found

    def href(self) -> str:
        """The address that lists exactly these members."""
        given = [("school_stage", str(stage)) for stage in self.school_stage] + [
            (name, str(value).lower() if isinstance(value, bool) else str(value))
            for name in ("division", "household_id", "registered")
            if (value := getattr(self, name)) is not None
        ]
        if self.known_at not in (None, EVER):
            given.append(("known_at", str(self.known_at)))
        return f"/v1/members?{urlencode([*given, ('as_of', self.as_of.isoformat())])}"


def by_id(id: UUID, as_of: date | None = None, known_at: datetime | None = None) -> Listing:
    params = {"as_of": as_of, "known_at": known_at} if known_at else {}
    source = f"{MEMBERS} m" if known_at else "member m"
    return Listing(SHOWN, source, BY_ID, params=params).where("m.id = %(id)s", id=id)
