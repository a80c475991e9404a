"""Which village work team inspects which other one's village (交叉互检)."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from services.inspection.rules.places import lies_in

Team = TypeVar("Team")


def pair(
    villages: Mapping[Team, str], homes: Mapping[Team, Sequence[str]], before: Mapping[tuple[Team, str], int]
) -> dict[Team, str] | None:
    """
    Each team to one other team's village, each village once, no team to a place that it or a member is at home in.

    No pairing is used more often than it must be: `before` says how often each was. None where there is no such round.

    >>> pair({"a": "230882101201", "b": "230882102201"}, {"a": ["230882101201"], "b": ["230882102201"]}, {})
    {'a': '230882102201', 'b': '230882101201'}
    """
    allowed = {
        team: [village for village in villages.values() if not any(lies_in(village, home) for home in homes[team])]
        for team in villages
    }
    for most in sorted({before.get((team, village), 0) for team in allowed for village in allowed[team]}):
        found = _matched(
            {team: [v for v in places if before.get((team, v), 0) <= most] for team, places in allowed.items()}
        )
        if found is not None:
            return found
    return None


def _matched(choices: Mapping[Team, Sequence[str]]) -> dict[Team, str] | None:
    """A perfect matching by augmenting paths (Kuhn)."""
    taken: dict[str, Team] = {}

    def place(team: Team, tried: set[str]) -> bool:
        for village in choices[team]:
            if village not in tried:
                tried.add(village)
                if village not in taken or place(taken[village], tried):
                    taken[village] = team
                    return True
        return False

    if not all(place(team, set()) for team in choices):
        return None
    by_team = {team: village for village, team in taken.items()}
    return {team: by_team[team] for team in choices}
