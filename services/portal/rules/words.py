"""The pages' words in two languages, and how values are written in them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en"]


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((files("services.portal") / "words.toml").read_text(encoding="utf-8"))


def word(language: Language, group: str, name: str) -> str:
    """A word of the pages; its own name where there is none."""
    found = _words().get(group, {}).get(name)
    return found[language] if found else name


def amount(value: int | str, unit: str, language: Language) -> tuple[str, str]:
    """A figure's value and its unit as people write them: (20000000, CNY) is 2,000 万元, and 20,000,000 yuan."""
    if not isinstance(value, int):
        return value.replace("/", " – "), word(language, "units", unit)
    if unit == "CNY" and language == "zh" and value and value % 10_000 == 0:
        return f"{value // 10_000:,}", "万元"
    return f"{value:,}", word(language, "units", unit)


def money(fen: int, language: Language) -> str:
    """An amount as people write it, to the fen."""
    if fen % 100:
        return f"{cell('_fen', fen)} {word(language, 'units', 'CNY')}"
    return " ".join(amount(fen // 100, "CNY", language))


def share(ppm: int | None) -> str:
    """Millionths as a percentage with one decimal."""
    return "—" if ppm is None else f"{ppm / 10_000:.1f} %"


def cell(name: str, value: Any) -> str:
    """One field of a row as text; fen are shown as yuan, nested things are counted or joined, never dumped."""
    match value:
        case int() if name.endswith("_fen"):
            yuan, fen = divmod(abs(value), 100)
            return f"{'-' if value < 0 else ''}{yuan:,}.{fen:02}"
        case int() if name.endswith("_ppm"):
            return share(value)
        case None:
            return "—"
        case bool():
            return "✓" if value else "✗"
        case int():
            return str(value)
        case list():
            plain = [str(item) for item in value if not isinstance(item, dict | list)]
            return "、".join(plain) if len(plain) == len(value) else str(len(value))
        case dict():
            named = value.get("name") or value.get("zh") or value.get("title")
            return str(named) if named else "…"
        case _:
            return str(value)


def coded(value: Any, entries: Mapping[str, Any], language: Language) -> Any:
    """Codes in the words of their list, one or several; what stands in no list stays as it is."""
    if isinstance(value, list):
        return [coded(item, entries, language) for item in value]
    found = entries.get(str(value)) if not isinstance(value, dict) else None
    return getattr(found, language) if found else value


def columns(rows: list[dict[str, Any]]) -> list[str]:
    """The fields worth a column: those that say something in at least one row, without technical ones."""
    names = dict.fromkeys(name for row in rows for name in row)
    hidden = {"version", "created_at", "updated_at", "county_code"}
    return [
        name
        for name in names
        if name not in hidden
        and name != "id"
        and not name.endswith(("_id", "_at"))
        and any(row.get(name) not in (None, [], {}, "") for row in rows)
    ]
