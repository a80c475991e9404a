"""What goes into a frame: which villages, in which stratum. All households that live in them come with them."""

from collections.abc import Collection, Iterable

from services.inspection.problems.draws import CentralVillageUnknown, NothingToSample
from services.inspection.rules.draw import Stratum, Village


def stratum(code: str, poor_village: bool, strata: Collection[str], central: Collection[str]) -> Stratum | None:
    """
    Where a village stands in a plan: key supervision before a central check before the sample; None for nowhere.
    """
    if poor_village and "KEY" in strata:
        return "KEY"
    if code in central:
        return "CENTRAL"
    return "SAMPLE" if "SAMPLE" in strata else None


def framed(
    villages: Iterable[tuple[str, str, bool]], strata: Collection[str], central: Collection[str]
) -> list[Village]:
    """
    A plan's villages from the registry's (code, town, poor village). Raises CentralVillageUnknown, NothingToSample.
    """
    known = list(villages)
    if missing := set(central) - {code for code, _, _ in known}:
        raise CentralVillageUnknown(villages=sorted(missing))
    kept = [Village(code, town, found) for code, town, poor in known if (found := stratum(code, poor, strata, central))]
    if not kept:
        raise NothingToSample
    return kept
