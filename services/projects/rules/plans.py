"""A place's plan runs three years (三年规划); the plan of a place is the sum of the plans of the places in it."""

_COUNTY, _TOWN, _VILLAGE = 6, 9, 12  # digits


def prefix(code: str) -> str:
    """What the codes of all places in this one begin with: 230882101000 gives 230882101."""
    if code.endswith("000000"):
        return code[:_COUNTY]
    return code[:_TOWN] if code.endswith("000") else code


def below(code: str) -> str | None:
    """A pattern (LIKE) for the places directly below: the towns of a county, the villages of a town."""
    return {_COUNTY: code[:_COUNTY] + "___000", _TOWN: code[:_TOWN] + "___", _VILLAGE: None}[len(prefix(code))]
