"""因户施策: every poor household has at least one pathway; how many have how many."""

from collections.abc import Mapping

MOST = 4  # four or more count together


def buckets(households_by_pathways: Mapping[int, int]) -> dict[int, int]:
    """
    Households by number of pathways, with four or more together and no bucket missing.

    >>> buckets({0: 1, 2: 5, 4: 2, 6: 1})
    {0: 1, 1: 0, 2: 5, 3: 0, 4: 3}
    """
    found = dict.fromkeys(range(MOST + 1), 0)
    for pathways, households in households_by_pathways.items():
        found[min(pathways, MOST)] += households
    return found
