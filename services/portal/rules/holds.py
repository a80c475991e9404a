"""
Sums between figures: `housing_roster = housing_removed + housing_eligible`.

    rule    = sum "=" sum
    sum     = product {("+" | "-") product}
    product = name {"*" name}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import prod

Value = int | str | None
Product = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """An equation between two sums; each a tuple of (sign, factors)."""

    text: str
    left: tuple[tuple[int, Product], ...]
    right: tuple[tuple[int, Product], ...]

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """ValueError when it is not an equation of sums of products of figures' ids."""
        sides = text.split("=")
        if len(sides) != 2:
            raise ValueError(f"not one equation: {text}")
        left, right = (_sum(side) for side in sides)
        return cls(text, left, right)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for _, factors in self.left + self.right for name in factors)

    def holds(self, values: Mapping[str, Value]) -> bool | None:
        """Whether it holds; None while a figure is missing or is no single number."""
        numbers = {name: _number(values.get(name)) for name in self.names}
        if any(number is None for number in numbers.values()):
            return None
        known = {name: number for name, number in numbers.items() if number is not None}
        left, right = (
            sum(
                (sign * prod((known[name] for name in factors), start=Decimal(1)) for sign, factors in side), Decimal(0)
            )
            for side in (self.left, self.right)
        )
        return left == right


def _sum(text: str) -> tuple[tuple[int, Product], ...]:
    found = []
    for sign, product in re.findall(r"([-+]|^)([^-+]*)", text.strip()):
        factors = tuple(name.strip() for name in product.split("*"))
        if not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in factors):
            raise ValueError(f"not a sum of products of figures: {text.strip()}")
        found.append((-1 if sign == "-" else 1, factors))
    return tuple(found)


def _number(value: Value) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
