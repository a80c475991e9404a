"""The skeleton of the visits: which team goes to which village on which working day, before routes are optimised."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from services.inspection.problems.schedules import NoTeamWithoutConflict
from services.inspection.problems.teams import PeriodTooShort
from services.inspection.rules.places import lies_in

Team = TypeVar("Team")


class Stop(NamedTuple):
    """A village on a team's list."""

    village: str
    planned_on: date


def assign(villages: Iterable[str], homes: Mapping[Team, Sequence[str]]) -> dict[Team, list[str]]:
    """
    Villages to teams: nobody at home, and the teams' counts as near to each other as the homes allow.

    The villages that the fewest teams may visit choose first; each goes to the allowed team with the fewest villages,
    earlier teams first. Same input, same answer; the order of the villages does not matter.
    """
    lists: dict[Team, list[str]] = {team: [] for team in homes}
    allowed = {
        village: [team for team, places in homes.items() if not any(lies_in(village, home) for home in places)]
        for village in villages
    }
    for village in sorted(allowed, key=lambda code: (len(allowed[code]), code)):
        if not allowed[village]:
            raise NoTeamWithoutConflict(village=village)
        chosen = min(allowed[village], key=lambda team: len(lists[team]))
        lists[chosen].append(village)
    return {team: sorted(found) for team, found in lists.items()}


def days(villages: Sequence[str], working_days: Sequence[date], per_day: int) -> list[Stop]:
    """One team's villages on the days of the period, `per_day` at most on each."""
    if len(villages) > len(working_days) * per_day:
        raise PeriodTooShort(villages=len(villages), working_days=len(working_days), villages_per_day=per_day)
    return [Stop(village, working_days[n // per_day]) for n, village in enumerate(villages)]
