"""What goes into a frame: which villages in which stratum, and the households that live in them."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from services.inspection.problems import CentralVillageUnknown, NothingToSample, NumberNotDrawable
from services.inspection.rules.draw import Household, Stratum, Village, drawable


class Units(NamedTuple):
    """A frame's content; `left_out` counts the households that live in none of its villages."""

    villages: list[Village]
    households: list[Household]
    left_out: int


def stratum(code: str, poor_village: bool, strata: Collection[str], central: Collection[str]) -> Stratum | None:
    """
    Where a village stands in a plan: key supervision before a central check before the sample; None for nowhere.
    """
    if poor_village and "KEY" in strata:
        return "KEY"
    if code in central:
        return "CENTRAL"
    return "SAMPLE" if "SAMPLE" in strata else None


def units(
    villages: Iterable[tuple[str, str, bool]],
    households: Iterable[Household],
    strata: Collection[str],
    central: Collection[str],
) -> Units:
    """
    A plan's frame from the registry's villages (code, town, poor village) and households.

    Raises CentralVillageUnknown, NumberNotDrawable, NothingToSample.
    """
    known = list(villages)
    if missing := set(central) - {code for code, _, _ in known}:
        raise CentralVillageUnknown(villages=sorted(missing))
    kept = [Village(code, town, found) for code, town, poor in known if (found := stratum(code, poor, strata, central))]
    places = {village.code for village in kept}
    inside: dict[str, Household] = {}
    left_out = 0
    for household in households:
        if household.village not in places:
            left_out += 1
        elif household.number in inside or not drawable(household.number):
            raise NumberNotDrawable
        else:
            inside[household.number] = household
    if not kept or not inside:
        raise NothingToSample
    return Units(kept, list(inside.values()), left_out)
