"""How long the road is: great-circle distance times a road factor, at one speed. An estimate, and said to be one."""

import math
from collections.abc import Sequence
from typing import NamedTuple

EARTH_KM = 6371.0088  # mean radius, IUGG


class Point(NamedTuple):
    """A place in degrees (WGS 84)."""

    longitude: float
    latitude: float


class Road(NamedTuple):
    """What turns a straight line into minutes."""

    factor: float  # road kilometres for one kilometre as the crow flies
    kmh: float


def kilometres(a: Point, b: Point) -> float:
    """
    The great-circle distance, by the haversine formula.

    >>> round(kilometres(Point(131.86, 47.23), Point(131.86, 48.23)), 1)  # a degree of latitude
    111.2
    """
    lon_a, lat_a, lon_b, lat_b = (math.radians(x) for x in (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(half, 1.0)))


def minutes(a: Point, b: Point, road: Road) -> int:
    """
    Whole minutes from one place to another.

    >>> minutes(Point(131.86, 47.23), Point(131.86, 47.33), Road(factor=1.3, kmh=40))
    22
    """
    return round(kilometres(a, b) * road.factor / road.kmh * 60)


def matrix(points: Sequence[Point], road: Road) -> list[list[int]]:
    """Minutes between every two places."""
    return [[minutes(a, b, road) for b in points] for a in points]


def centre(points: Sequence[Point]) -> Point:
    """The middle of places, for a county whose seat is not known."""
    return Point(*(sum(values) / len(points) for values in zip(*points, strict=True)))
