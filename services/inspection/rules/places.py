"""Divisions within divisions."""


def prefix(division_code: str) -> str:
    """
    The part of a division code that everything below it shares: its trailing zero groups removed.

    >>> prefix("230882000000"), prefix("230882101000"), prefix("230882101203")
    ('230882', '230882101', '230882101203')
    """
    for length, group in ((6, "000000"), (9, "000")):
        if division_code.endswith(group):
            return division_code[:length]
    return division_code


def lies_in(place: str, division: str) -> bool:
    """Whether a place is a division or part of it: a team from a town is at home in every village of it."""
    return place.startswith(prefix(division))
