"""What the county briefing consists of: five parts, their figures in order, and the sums that must hold."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from services.portal.rules.holds import Rule


@dataclass(frozen=True, slots=True)
class Line:
    """One figure's place in the briefing; its label stands in while the service that counts it is silent."""

    id: str
    service: str
    unit: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Part:
    zh: str
    en: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    parts: tuple[Part, ...]
    rules: tuple[Rule, ...]

    @property
    def lines(self) -> Mapping[str, Line]:
        """Every figure by id, in the briefing's order."""
        return {line.id: line for part in self.parts for line in part.lines}

    @property
    def services(self) -> tuple[str, ...]:
        """The services that count something, each once."""
        return tuple(dict.fromkeys(line.service for line in self.lines.values()))


@cache
def outline() -> Outline:
    """The outline as `briefing.toml` has it."""
    found = tomllib.loads((files("services.portal") / "briefing.toml").read_text(encoding="utf-8"))
    parts = tuple(
        Part(part["zh"], part["en"], tuple(Line(**figure) for figure in part["figures"])) for part in found["parts"]
    )
    return Outline(parts, tuple(Rule.parse(rule) for rule in found["holds"]))
