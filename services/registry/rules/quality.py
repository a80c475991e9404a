"""How a village's data is scored, and where the quality rules draw their lines."""

from services.registry.codes.quality import Severity

# What a household with open findings takes from its village's score, by its worst finding; a clean one takes nothing.
WEIGHT = {Severity.ERROR: 1.0, Severity.WARNING: 0.5, Severity.NOTICE: 0.1}

# Where the lines are drawn. Each rule's words say the figure it was measured against.
LINES = {
    "measure_days": 30,  # a measure is due a month after identification
    "households_per_helper": 15,
    "phone_households": 3,
    "land_per_head": 100,  # mu; Heilongjiang's villages seldom hold a third of it
    "land_enough": 15,  # mu a head: more is no lack of land
    "oldest": 110,
    "retired": 60,
    "working": 16,  # 劳动法 art. 15: no work below it
    "generation": 14,  # years between a parent and a child
    "most_persons": 12,
    "confirm_days": 365,
}


def score(households: int, errors: int, warnings: int, notices: int) -> float:
    """
    100 for a village whose households are clean, 0 for one where each has an error; households count once, by their
    worst finding.

    >>> score(10, 0, 0, 0), score(10, 1, 2, 0), score(4, 4, 0, 0), score(0, 0, 0, 0)
    (100.0, 80.0, 0.0, 100.0)
    """
    if households == 0:
        return 100.0
    lost = errors * WEIGHT[Severity.ERROR] + warnings * WEIGHT[Severity.WARNING] + notices * WEIGHT[Severity.NOTICE]
    return round(100 * (1 - lost / households), 1)
