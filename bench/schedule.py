"""
How long does a proven optimal schedule take?

    python bench/schedule.py [--quick]    (11, 100 and 1,000 towns, 5 rounds of the smaller two; quick: 11 towns once)

Synthetic counties of about eleven towns in a disc of 45 km around the seat; each town gives four drawn villages and
each county eight poor ones more (eleven towns: 52 villages). Five teams, each with members from two towns which it may
not inspect, have six days of nine hours; ten visits of a quarter of an hour in a village. The counties go, one after
another, through the child process that the service uses, so its start is in the time. No database.

The peer of the same run: what a clerk does, town by town until the day is full, with the same distances.
"""

import asyncio
import math
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from services.inspection.rules.schedules import child, routes
from services.inspection.rules.schedules.county import County, Limits, Outcome, Team, Village
from services.inspection.rules.schedules.travel import Point

LIMITS = Limits(
    working_minutes=540, minutes_per_visit=15, minutes_per_village=0, villages_per_day=3, road_factor=1.3, kmh=40.0,
    uneven_minutes=45,
)  # fmt: skip
TEAMS, DAYS = 5, 6
KM = 1 / 111.2  # degrees of latitude


def prefecture(towns: int, seed: int = 1) -> Iterator[County]:
    """Counties with that many towns in all."""
    chance = random.Random(seed)
    many = max(1, round(towns / 11))
    for number in range(many):
        seat = Point(125 + number % 10, 44 + number // 10 * 0.4)
        mine = towns // many + (number < towns % many)
        middles = [_near(seat, 45 * math.sqrt(chance.random()), chance) for _ in range(mine)]
        count = [4] * mine
        for _ in range(8):
            count[chance.randrange(mine)] += 1
        code = f"{230001 + number}"
        villages = [
            Village(f"{code}{101 + t}{201 + v}", _near(middle, 9 * math.sqrt(chance.random()), chance), 10)
            for t, middle in enumerate(middles) for v in range(count[t])
        ]  # fmt: skip
        homes = list(range(mine))
        chance.shuffle(homes)
        teams = [
            Team(f"{code}-{n}", tuple(f"{code}{101 + homes[k % mine]}000" for k in (n, n + TEAMS)), DATES)
            for n in range(TEAMS)
        ]
        yield County(f"{code}000000", seat, villages, teams, LIMITS)


DATES = tuple(date(2018, 5, 14) + timedelta(days=n) for n in range(DAYS))


def _near(place: Point, kilometres: float, chance: random.Random) -> Point:
    angle = chance.random() * 2 * math.pi
    north, east = kilometres * math.cos(angle) * KM, kilometres * math.sin(angle) * KM
    return Point(place.longitude + east / math.cos(math.radians(place.latitude)), place.latitude + north)


def clerk(asked: County) -> int:
    """Minutes of travel when a team fills its day in the order of the list, town by town."""
    distance, service, day = asked.distance(), asked.service(), asked.day()
    total, today = 0, routes.Route((), 0)
    for n in range(1, len(distance)):
        longer = routes.shortest(distance, (*today.villages, n))
        if (
            len(longer.villages) > day.villages
            or longer.travel + sum(service[v] for v in longer.villages) > day.minutes
        ):
            total, longer = total + today.travel, routes.shortest(distance, (n,))
        today = longer
    return total + today.travel


async def solved(asked: list[County]) -> list[tuple[float, Outcome]]:
    """Each county's outcome and the seconds it took, the child's start in the first."""
    found, began = [], time.perf_counter()
    async for _, outcome in child.schedules(asked):
        now = time.perf_counter()
        found.append((now - began, outcome))
        began = now
    return found


def main() -> None:
    quick = "--quick" in sys.argv
    print("| towns | counties, villages | proven optimal | whole, s | slowest county, s | travel, min | of a clerk's |")
    print("|---|---|---|---|---|---|---|")
    for towns, rounds in ((11, 1 if quick else 5), (100, 0 if quick else 5), (1000, 0 if quick else 1)):
        asked = list(prefecture(towns))
        seen = [asyncio.run(solved(asked)) for _ in range(rounds)]
        if not seen:
            continue
        first = [outcome for _, outcome in seen[0]]
        if any([outcome for _, outcome in again] != first for again in islice(seen, 1, None)):
            raise SystemExit("the same counties gave two schedules")
        whole = [sum(seconds for seconds, _ in one) for one in seen]
        slowest = max(seconds for one in seen for seconds, _ in one)
        travelled = sum(outcome.travel for outcome in first)
        print(
            f"| {towns:,} | {len(asked)}, {sum(len(one.villages) for one in asked):,} "
            f"| {sum(outcome.optimal for outcome in first)} of {len(first)} "
            f"| {statistics.median(whole):.1f} ({min(whole):.1f} to {max(whole):.1f}) | {slowest:.1f} "
            f"| {travelled:,} | {travelled / sum(clerk(one) for one in asked):.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
