"""
Charts as geometry: lengths and places in the units of an SVG's viewBox. Templates draw them, tables say the same.

A bar stands in the table row whose figures it shows, so the table is the chart's text, on paper and for screen readers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians

FULL = 100.0  # a bar's longest length
Series = str  # the CSS class that colours a part: "done", "open", "late", "a" to "e"


@dataclass(frozen=True, slots=True)
class Part:
    series: Series
    x: float
    width: float


def bar(values: Iterable[tuple[Series, int]], longest: int) -> list[Part]:
    """Parts end to end; `longest` is what the longest bar of the table stands for. Negative values have no length."""
    parts, x = [], 0.0
    for series, value in values:
        if value > 0 and longest > 0:
            width = FULL * value / longest
            parts.append(Part(series, round(x, 3), round(width, 3)))
            x += width
    return parts


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    at: float
    high: float


def interval(low: float, at: float, high: float, floor: float, ceiling: float) -> Interval:
    """An estimate with its interval on an axis from floor to ceiling; what lies outside is drawn at the edge."""
    span = ceiling - floor
    if span <= 0:
        return Interval(0.0, 0.0, 0.0)
    return Interval(*(round(FULL * min(max((value - floor) / span, 0.0), 1.0), 3) for value in (low, at, high)))


def line(values: Sequence[float | None], width: float, height: float, ceiling: float) -> list[str]:
    """
    The points of polylines through values at equal steps, zero at the bottom; a gap where a value is missing.

    A value alone between two gaps is drawn as a short stroke, else it would not be seen.
    """
    step = width / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        y = height - height * min(max(value / ceiling, 0.0), 1.0) if ceiling > 0 else height
        runs[-1].append(f"{place * step:.1f},{y:.1f}")
    return [" ".join(run if len(run) > 1 else [*run, _beside(run[0])]) for run in runs if run]


def _beside(point: str) -> str:
    x, y = point.split(",")
    return f"{float(x) + 2:.1f},{y}"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map; the code says which."""

    code: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Map:
    width: float
    height: float
    spots: dict[str, Spot]

    def middle(self, codes: Iterable[str]) -> Spot | None:
        """Where the label of several places stands; None where none of them has coordinates."""
        found = [self.spots[code] for code in codes if code in self.spots]
        if not found:
            return None
        x, y = (sum(values) / len(found) for values in ([s.x for s in found], [s.y for s in found]))
        return Spot("", round(x, 1), round(y, 1))


def town_map(places: Iterable[tuple[str, float, float]], width: float = 600.0, margin: float = 40.0) -> Map:
    """(code, longitude, latitude) on a plane, north up; at a county's size the curve of the earth is not seen."""
    known = list(places)
    if not known:
        return Map(width, 2 * margin, {})
    west, east = min(lon for _, lon, _ in known), max(lon for _, lon, _ in known)
    south, north = min(lat for _, _, lat in known), max(lat for _, _, lat in known)
    narrow = cos(radians((south + north) / 2))  # a degree of longitude in degrees of latitude
    scale = (width - 2 * margin) / max((east - west) * narrow, (north - south) / 0.9, 1e-6)  # hardly higher than wide
    height = (north - south) * scale + 2 * margin
    left = (width - (east - west) * narrow * scale) / 2
    spots = {
        code: Spot(code, round(left + (lon - west) * narrow * scale, 1), round(margin + (north - lat) * scale, 1))
        for code, lon, lat in known
    }
    return Map(width, round(height, 1), spots)
