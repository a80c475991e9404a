"""Which team goes where."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.problems.schedules import NoTeamWithoutConflict
from services.inspection.problems.teams import PeriodTooShort
from services.inspection.rules import skeleton
from services.inspection.rules.places import lies_in
from tests.inspection.conftest import town, village

villages = st.sets(st.builds(village, st.integers(0, 4), st.integers(0, 8)), max_size=40)
homes = st.dictionaries(st.integers(0, 6), st.lists(st.builds(town, st.integers(0, 4)), max_size=2), min_size=1)


@given(villages, homes)
def test_every_village_has_one_team_and_no_team_is_at_home(places: set[str], at: dict[int, list[str]]) -> None:
    try:
        lists = skeleton.assign(places, at)
    except NoTeamWithoutConflict as refused:
        stuck = refused.members["village"]
        assert all(any(lies_in(stuck, home) for home in own) for own in at.values())
        return

    assert sorted(place for found in lists.values() for place in found) == sorted(places)
    assert not any(lies_in(place, home) for team, found in lists.items() for place in found for home in at[team])


@given(st.sets(st.builds(village, st.integers(0, 4), st.integers(0, 8)), max_size=40), st.integers(1, 6))
def test_teams_without_a_home_differ_by_one_village_at_most(places: set[str], teams: int) -> None:
    counts = [len(found) for found in skeleton.assign(places, {team: [] for team in range(teams)}).values()]

    assert max(counts) - min(counts) <= 1


def test_a_day_holds_no_more_villages_than_asked() -> None:
    days = [date(2018, 5, 14) + timedelta(n) for n in range(2)]

    stops = skeleton.days(["a", "b", "c"], days, per_day=2)

    assert [stop.planned_on.day for stop in stops] == [14, 14, 15]
    with pytest.raises(PeriodTooShort):
        skeleton.days(["a", "b", "c", "d", "e"], days, per_day=2)
