"""Figures: what a service counted from its rows on a day, each with the address that lists exactly those rows."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from fupin.schemas import Answer


class Label(Answer):
    zh: str
    en: str


class Figure(Answer):
    id: str = Field(examples=["poor_villages"])
    value: int | str | None = Field(
        description="A count or whole yuan; a string for a date, an interval or yuan with fen; null without any row."
    )
    unit: str = Field(examples=["village"])
    label: Label
    href: str = Field(description="Lists exactly the rows counted.", examples=["/v1/divisions?poor_village=true"])
    rows: int = Field(description="How many rows `href` lists.")
    amount_fen: int | None = Field(description="The exact amount, where the unit is CNY.")


class FigureList(Answer):
    as_of: date
    items: list[Figure]


def figure(
    id: str,
    value: int | str | None,
    unit: str,
    *,
    zh: str,
    en: str,
    href: str,
    rows: int,
    amount_fen: int | None = None,
) -> Figure:
    return Figure(
        id=id, value=value, unit=unit, label=Label(zh=zh, en=en), href=href, rows=rows, amount_fen=amount_fen
    )  # fmt: skip


def money(id: str, amount_fen: int, *, zh: str, en: str, href: str, rows: int) -> Figure:
    """A sum of money: whole yuan as a number, else as a decimal string; the fen beside it either way."""
    yuan, fen = divmod(amount_fen, 100)
    value: int | str = str(Decimal(amount_fen) / 100) if fen else yuan
    return figure(id, value, "CNY", zh=zh, en=en, href=href, rows=rows, amount_fen=amount_fen)


def agreed(values: set[int]) -> int | str | None:
    """The one value that all rows share; an interval "low..high" where they differ; null where there are none."""
    if not values:
        return None
    low, high = min(values), max(values)
    return low if low == high else f"{low}..{high}"
