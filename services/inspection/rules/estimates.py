"""
What a stratified two-stage sample says about all households, with a design-based 95 % interval.

Villages are drawn in strata (a town's ordinary villages; every certain village is a stratum of its own), households in
each drawn village, poor and other apart, both without replacement. Every figure is a ratio of two weighted totals; its
variance is by linearisation over both stages with finite population corrections (Cochran, Sampling Techniques, 11.8;
Särndal, Swensson & Wretman 4.3, 5.6): what R's `survey` prints for `svydesign(~village + household, fpc = ~M + N)`.

Rules where theory leaves a choice:
- A village, or a household, alone in a stratum that was not taken whole is compared with the mean of the whole sample
  (`survey.lonely.psu = "adjust"`): too wide rather than too narrow.
- Degrees of freedom: villages less strata; where every village is certain, households less their strata.
- Shares: logit interval with Student's t. A share of 0 or 1 has no logit: Clopper-Pearson with Kish's effective
  size, reduced for the degrees of freedom (Korn & Graubard 1998).
- A household that was not asked a question, or was not visited, is outside that question's domain; who was visited
  stands for their village and kind.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Unit(NamedTuple):
    """A visited household's place in the design."""

    town: str
    stratum: str
    village: str
    poor: bool
    villages: int  # in its stratum of its town; 1 where the village is certain
    households: int  # poor, or other, of its village


class Estimates(NamedTuple):
    """One figure a column; nan where there is none."""

    value: Floats
    se: Floats
    low: Floats
    high: Floats
    df: NDArray[np.int64]
    effective: Floats  # the size of a simple random sample that would say as much
    answers: NDArray[np.int64]
    plain: Floats  # the sample's own mean, unweighted: biased


class Design:
    """The sample's structure: units in order, where each group of them begins, how many there were to draw from."""

    def __init__(self, units: Iterable[Unit]) -> None:
        given = list(units)
        keys = [self._key(unit) for unit in given]
        self.order = sorted(range(len(given)), key=keys.__getitem__)
        self.units = [given[at] for at in self.order]
        keys = [keys[at] for at in self.order]
        self.size = len(keys)
        # Households within village and kind, those within villages, villages within strata.
        self.of_kind = _starts(keys)
        self.of_village = _starts([keys[at][:3] for at in self.of_kind])
        villages = [keys[self.of_kind[at]] for at in self.of_village]
        self.of_stratum = _starts([key[:2] for key in villages])
        self.n = _lengths(self.of_kind, self.size)
        self.m = _lengths(self.of_stratum, len(villages))
        first = [self.units[at] for at in self.of_kind]
        self.N = np.array([max(unit.households, n) for unit, n in zip(first, self.n, strict=True)], float)
        heads = [first[self.of_village[at]] for at in self.of_stratum]
        self.M = np.array([max(unit.villages, m) for unit, m in zip(heads, self.m, strict=True)], float)
        self.village_weight = np.repeat(self.M / self.m, self.m)
        kinds = _lengths(self.of_village, len(self.of_kind))
        self.kind_weight = np.repeat(self.village_weight, kinds)
        self.weight = np.repeat(self.kind_weight * self.N / self.n, self.n)
        self.stratum_of = np.repeat(
            np.repeat(np.arange(len(self.of_stratum)), self.m), np.add.reduceat(self.n, self.of_village)
        )

    @staticmethod
    def _key(unit: Unit) -> tuple[str, str, str, bool]:
        """A certain village is a stratum of its own."""
        return (unit.town, "" if unit.villages > 1 else unit.village, unit.village, unit.poor)

    def part(self, keep: Iterable[bool]) -> tuple["Design", NDArray[np.intp]]:
        """The design of some whole strata, and which of the units it holds."""
        rows = np.flatnonzero(np.fromiter(keep, bool, self.size))
        return Design([self.units[at] for at in rows]), rows

    def degrees(self, within: Bools) -> NDArray[np.int64]:
        """Degrees of freedom of each column's domain: strata and villages without a household in it do not count."""
        by_kind = np.logical_or.reduceat(within, self.of_kind)
        by_village = np.logical_or.reduceat(by_kind, self.of_village)
        by_stratum = np.logical_or.reduceat(by_village, self.of_stratum)
        df = by_village.sum(axis=0) - by_stratum.sum(axis=0)
        second = within.sum(axis=0) - by_kind.sum(axis=0)
        found: NDArray[np.int64] = np.maximum(np.where(df > 0, df, second), 1)
        return found

    def variance(self, deviation: Floats) -> Floats:
        """Variance of each column's weighted total; deviations are those from the column's own ratio."""
        n, big_n = self.n[:, None], self.N[:, None]
        sums = np.add.reduceat(deviation, self.of_kind)
        squares = np.add.reduceat(deviation**2, self.of_kind)
        spread = np.where(n > 1, np.maximum(squares - sums**2 / n, 0) / np.maximum(n - 1, 1), squares)
        total = (self.kind_weight[:, None] * big_n**2 / n * (1 - n / big_n) * spread).sum(axis=0)

        m, big_m = self.m[:, None], self.M[:, None]
        villages = np.add.reduceat(big_n / n * sums, self.of_village)
        sums = np.add.reduceat(villages, self.of_stratum)
        squares = np.add.reduceat(villages**2, self.of_stratum)
        spread = np.where(m > 1, np.maximum(squares - sums**2 / m, 0) / np.maximum(m - 1, 1), squares)
        found: Floats = total + (big_m**2 / m * (1 - m / big_m) * spread).sum(axis=0)
        return found


def estimate(design: Design, values: Floats, within: Bools, shares: Bools) -> Estimates:
    """
    The ratio mean of every column over the households `within` its domain; `shares` tells which columns are shares.

    `values` and `within` have a row for each unit of the design, in its order.
    """
    answers = within.sum(axis=0)
    columns = values.shape[1]
    if not design.size:
        none = np.full(columns, np.nan)
        return Estimates(none, none, none, none, np.ones(columns, int), none, answers, none)
    values = np.where(within, values, 0.0)
    weight = design.weight @ within
    with np.errstate(divide="ignore", invalid="ignore"):
        value = design.weight @ values / weight
        # What rounding adds must not make a share of all into one of almost all.
        value = np.where(shares & (values.sum(axis=0) == answers), 1.0, value) + 0 * weight / weight
        deviation = np.where(within, values - value, 0.0)
        variance = design.variance(deviation)
        se = np.sqrt(variance) / weight
        plain = values.sum(axis=0) / answers
        spread = design.weight @ deviation**2 / weight * answers / np.maximum(answers - 1, 1)
        spread = np.where(shares, value * (1 - value), spread)
        effective = np.where(se > 0, spread / se**2, np.nan)
        kish = weight**2 / (design.weight**2 @ within)
    df = design.degrees(within)
    whole = bool(np.all(design.n == design.N) and np.all(design.m == design.M))
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    for at in np.flatnonzero(answers):
        low[at], high[at] = _interval(
            float(value[at]), float(se[at]), int(df[at]), share=bool(shares[at]), kish=float(kish[at]), whole=whole
        )
    return Estimates(value, se, low, high, df, effective, answers, plain)


def _interval(value: float, se: float, df: int, *, share: bool, kish: float, whole: bool) -> tuple[float, float]:
    if not share:
        half = t_quantile((1 + LEVEL) / 2, df) * se
        return value - half, value + half
    if 0 < value < 1:
        logit, half = math.log(value / (1 - value)), t_quantile((1 + LEVEL) / 2, df) * se / (value * (1 - value))
        return 1 / (1 + math.exp(half - logit)), 1 / (1 + math.exp(-half - logit))
    if whole:  # everybody was asked
        return value, value
    size = kish
    if kish > 2:
        size *= (t_quantile((1 + LEVEL) / 2, int(kish) - 1) / t_quantile((1 + LEVEL) / 2, df)) ** 2
    reach = ((1 - LEVEL) / 2) ** (1 / size)
    return (0.0, 1 - reach) if value == 0 else (reach, 1.0)


@lru_cache(maxsize=4096)
def t_quantile(p: float, df: int) -> float:
    """
    Student's t, by its closed distribution for whole degrees of freedom (Abramowitz & Stegun 26.7.3-4) and bisection;
    beyond 200 by Hill's expansion (1970), exact to ten digits there.

    >>> round(t_quantile(0.975, 1), 6), round(t_quantile(0.975, 33), 6), round(t_quantile(0.975, 1000), 6)
    (12.706205, 2.034515, 1.962339)
    """
    if df > 200:
        z = NormalDist().inv_cdf(p)
        terms = (
            (z**3 + z) / 4,
            (5 * z**5 + 16 * z**3 + 3 * z) / 96,
            (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
            (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
        )
        return z + sum(term / float(df) ** power for power, term in enumerate(terms, 1))
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        low, high = (angle, high) if _between(angle, df) < 2 * p - 1 else (low, angle)
    return math.sqrt(df) * math.tan((low + high) / 2)


def _between(angle: float, df: int) -> float:
    """The probability that |t| is at most sqrt(df) * tan(angle)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = df % 2
    term = cosine if odd else 1.0
    total = term if df > 1 else 0.0
    for step in range(3 if odd else 2, df - 1, 2):
        term *= cosine**2 * (step - 1) / step
        total += term
    return (angle + sine * total) * 2 / math.pi if odd else sine * total


def _starts(keys: list[Any]) -> NDArray[np.intp]:
    """Where each run of equal keys begins."""
    return np.array([at for at, key in enumerate(keys) if at == 0 or keys[at - 1] != key], np.intp)


def _lengths(starts: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    return np.diff(np.append(starts, size))
