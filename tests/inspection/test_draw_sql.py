"""PostgreSQL draws what the rules draw, to the unit."""

from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from fupin.postgres import Server
from services.inspection.queries import draws
from services.inspection.rules import draw
from services.inspection.rules.draw import Household, Sizes, Village
from tests.conftest import PASSWORD, _plain
from tests.inspection.conftest import COUNTY, DAY, town, village

DRAW = str(draws.DRAW.compile(dialect=postgresql.dialect(paramstyle="pyformat")))
PLAN = "FJ-2018-1"

marks = st.text(st.characters(exclude_characters="|\r\n\x00", exclude_categories=["Cs"]), min_size=1, max_size=8)
sizes = st.builds(Sizes, st.integers(1, 4), st.integers(0, 4), st.integers(1, 4), st.integers(0, 3))
villages = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 6)), st.sampled_from(["KEY", "SAMPLE", "SAMPLE", "CENTRAL"]),
    min_size=1, max_size=12,
)  # fmt: skip


def framed(db: psycopg.Connection, frame: list[Village], households: list[Household], asked: Sizes) -> dict[str, Any]:
    """A plan with its frame, published, its event named; what is to be asked of the draw."""

    def add(statement: str, *values: Any) -> UUID:
        found = db.execute(statement, values).fetchone()
        assert found is not None
        return UUID(str(found[0]))

    plan = add(
        """INSERT INTO plan (division_code, plan_no, purpose, period_from, period_to, strata, central_villages,
                             villages_per_town, poor_per_village, non_poor_per_village, reserves)
           VALUES (%s, %s, 'p', %s, %s, '{KEY,SAMPLE}', '{}', %s, %s, %s, %s) RETURNING id""",
        COUNTY, PLAN, DAY, DAY, *asked,
    )  # fmt: skip
    made = add(
        """INSERT INTO frame (plan_id, division_code, frame_on, frozen_on, digest, villages, households, left_out)
           VALUES (%s, %s, %s, %s, repeat('0', 64), %s, %s, 0) RETURNING id""",
        plan, COUNTY, DAY, DAY, len(frame), len(households),
    )  # fmt: skip
    with db.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO frame_village (frame_id, division_code, town_code, name, stratum, poor_households,
                                          other_households) VALUES (%s, %s, %s, 'v', %s, 0, 0)""",
            [(made, *one) for one in frame],
        )
        cursor.executemany(
            """INSERT INTO frame_household (frame_id, household_no, household_id, division_code, county_code, poor)
               VALUES (%s, %s, uuidv7(), %s, '230882', %s)""",
            [(made, *one) for one in households],
        )
    db.execute(
        "INSERT INTO frame_publication (frame_id, division_code, published_on, published_in) VALUES (%s, %s, %s, 'x')",
        (made, COUNTY, DAY),
    )
    event = add(
        """INSERT INTO seed_event (plan_id, division_code, wave, event, named_on, occurs_on)
           VALUES (%s, %s, 1, 'e', %s, '2018-05-06') RETURNING id""",
        plan, COUNTY, DAY,
    )  # fmt: skip
    return {"plan_id": plan, "frame_id": made, "seed_event_id": event, "drawn_on": "2018-05-07"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(villages, st.sets(marks, max_size=40), st.randoms(use_true_random=False), sizes, marks)
def test_the_database_draws_what_the_rules_draw(
    server: Server, database: str, found: dict[tuple[int, int], str], numbers: set[str], random: Any, asked: Sizes,
    seed: str,
) -> None:  # fmt: skip
    frame = [Village(village(t, v), town(t), stratum) for (t, v), stratum in sorted(found.items())]
    households = [Household(n, random.choice(frame).code, random.random() < 0.5) for n in sorted(numbers | {"0"})]
    with psycopg.connect(_plain(server.url(database, "fupin_inspection", PASSWORD))) as db:
        db.execute("SET fupin.division = '230882'")
        asked_of = framed(db, frame, households, asked)
        (drawing,) = db.execute(DRAW, asked_of | {"seed": seed}).fetchone() or (None,)
        drawn_villages = db.execute(
            "SELECT division_code, ticket, draw_order, pi_num, pi_den FROM draw_village WHERE draw_id = %s", (drawing,)
        ).fetchall()
        drawn_households = db.execute(
            """SELECT household_no, ticket, draw_order, role, stage_num, stage_den, pi_num, pi_den
               FROM draw_household WHERE draw_id = %s""",
            (drawing,),
        ).fetchall()
        counted = db.execute("SELECT villages, households FROM draw WHERE id = %s", (drawing,)).fetchone()
        db.rollback()

    ranked = draw.rank_villages(frame, asked, seed, PLAN)
    chance = {t.village.code: (t.chosen, t.eligible) for t in ranked if t.drawn}
    units = [t for t in draw.rank_households(households, chance, asked, seed, PLAN) if t.role]
    assert set(drawn_villages) == {(t.village.code, t.ticket, t.order, t.chosen, t.eligible) for t in ranked if t.drawn}
    assert set(drawn_households) == {
        (t.household.number, t.ticket, t.order, t.role, t.chosen, t.eligible,
         chance[t.household.village][0] * t.chosen, chance[t.household.village][1] * t.eligible)
        for t in units
    }  # fmt: skip
    assert counted == (len(chance), sum(t.role == "MAIN" for t in units))
    # The weights of each town's drawn villages add up to its villages.
    for place in {one.town for one in frame}:
        sampled = [one for one in frame if one.town == place and one.stratum == "SAMPLE"]
        weights = [of / m for code, _, _, m, of in drawn_villages if code in {one.code for one in sampled}]
        assert abs(sum(weights) - len(sampled)) < 1e-9
