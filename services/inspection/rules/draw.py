"""
The public draw: two stages, stratified, repeatable by anyone with `sha256sum | sort`. Standard library only.

    ticket(unit) = SHA-256(seed "|" plan "|" stage "|" official id), UTF-8, lower-case hex

In every stratum the units with the smallest tickets are drawn. Stage one draws villages: poor villages (KEY) and
villages named for a central check (CENTRAL) are taken with certainty; of the others (SAMPLE) each town gives the same
number.
Stage two draws households of each drawn village, poor and non-poor apart; the next tickets are the reserves, in order.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Stratum = Literal["KEY", "SAMPLE", "CENTRAL"]
Role = Literal["MAIN", "RESERVE"]

VILLAGE_STAGE = "village"
HOUSEHOLD_STAGE = "household"


class Sizes(NamedTuple):
    """How many units a plan asks for."""

    villages_per_town: int
    poor_per_village: int
    non_poor_per_village: int
    reserves: int  # per village, poor and non-poor apart


class Village(NamedTuple):
    code: str
    town: str
    stratum: str


class Household(NamedTuple):
    number: str
    village: str
    poor: bool


class VillageTicket(NamedTuple):
    """A village of the frame with its ticket; drawn with probability chosen / eligible, or not drawn."""

    village: Village
    ticket: str
    order: int  # in its stratum of its town, from 1
    drawn: bool
    chosen: int
    eligible: int


class HouseholdTicket(NamedTuple):
    """A household of a drawn village with its ticket; `role` is None when it was not drawn."""

    household: Household
    ticket: str
    order: int  # among the poor, or the non-poor, of its village, from 1
    role: Role | None
    chosen: int
    eligible: int


def ticket(seed: str, plan: str, stage: str, unit: str) -> str:
    """
    >>> ticket("04 11 12 19 25 33 02", "FJ-2018-1", "village", "230882101201")[:16]
    '34a0daf2108614d9'
    """
    for part in (seed, plan, stage, unit):
        if not drawable(part):
            raise ValueError("a ticket's parts are not empty and hold neither '|' nor a line break")
    return hashlib.sha256(f"{seed}|{plan}|{stage}|{unit}".encode()).hexdigest()


def drawable(part: str) -> bool:
    """Whether a text can stand in a ticket: the separator and line breaks would let two units share one."""
    return part != "" and not set(part) & set("|\r\n")


def ranked(units: Iterable[str], seed: str, plan: str, stage: str) -> list[tuple[str, str]]:
    """(ticket, unit) in draw order; the order in which the units are given does not matter."""
    return sorted((ticket(seed, plan, stage, unit), unit) for unit in units)


def rank_villages(villages: Iterable[Village], sizes: Sizes, seed: str, plan: str) -> list[VillageTicket]:
    """Stage one: every village of the frame with its ticket, town by town."""
    strata: dict[tuple[str, str], dict[str, Village]] = defaultdict(dict)
    for village in villages:
        strata[village.town, village.stratum][village.code] = village
    found = []
    for (_, stratum), members in sorted(strata.items()):
        certain = stratum != "SAMPLE"
        eligible = 1 if certain else len(members)
        # A town with fewer villages than asked gives all of them: certainty, and the probability says so.
        chosen = min(sizes.villages_per_town, eligible)
        for order, (hexed, code) in enumerate(ranked(members, seed, plan, VILLAGE_STAGE), 1):
            found.append(VillageTicket(members[code], hexed, order, certain or order <= chosen, chosen, eligible))
    return found


def rank_households(
    households: Iterable[Household], drawn: Iterable[str], sizes: Sizes, seed: str, plan: str
) -> list[HouseholdTicket]:
    """Stage two: every household of the drawn villages with its ticket, village by village, the poor first."""
    places = set(drawn)
    strata: dict[tuple[str, bool], dict[str, Household]] = defaultdict(dict)
    for household in households:
        if household.village in places:
            strata[household.village, not household.poor][household.number] = household
    found = []
    for (_, other), members in sorted(strata.items()):
        eligible = len(members)
        chosen = min(sizes.non_poor_per_village if other else sizes.poor_per_village, eligible)
        for order, (hexed, number) in enumerate(ranked(members, seed, plan, HOUSEHOLD_STAGE), 1):
            # Where nobody is asked for, nobody stands in for anybody.
            spare = sizes.reserves if chosen else 0
            role: Role | None = "MAIN" if order <= chosen else "RESERVE" if order <= chosen + spare else None
            found.append(HouseholdTicket(members[number], hexed, order, role, chosen, eligible))
    return found


def lines(villages: Iterable[Village], households: Iterable[Household]) -> Iterator[str]:
    """
    The frame as text, one unit a line, each line ended by a single LF in the digest; sorted by bytes.

    `V|village|town|stratum` and `H|household number|village|POOR or OTHER`: official numbers only, no person.
    """
    for code, town, stratum in sorted(villages):
        yield f"V|{code}|{town}|{stratum}"
    for number, village, poor in sorted(households):
        yield f"H|{number}|{village}|{'POOR' if poor else 'OTHER'}"


def digest(frame: Iterable[str]) -> str:
    """SHA-256 over the lines: what `sha256sum` prints for the file."""
    found = hashlib.sha256()
    for line in frame:
        found.update(f"{line}\n".encode())
    return found.hexdigest()


def read_lines(frame: Iterable[str]) -> tuple[list[Village], list[Household]]:
    """The units that lines name; ValueError for a line of another form."""
    villages, households = [], []
    for line in frame:
        match line.split("|"):
            case ["V", code, town, stratum]:
                villages.append(Village(code, town, stratum))
            case ["H", number, village, "POOR" | "OTHER" as kind]:
                households.append(Household(number, village, kind == "POOR"))
            case _:
                raise ValueError("not a line of a frame")
    return villages, households
