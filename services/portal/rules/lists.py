"""Which lists of the four services the pages show, and how an address of the portal becomes one of theirs."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

_PART = re.compile(r"\{(\w+)\}")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


@dataclass(frozen=True, slots=True)
class RowList:
    """One list; `codes` names the code list of a field."""

    service: str
    path: str
    zh: str
    en: str
    codes: Mapping[str, str] = field(default_factory=dict)
    export: str | None = None

    def address(self, query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The service's path and filters. ValueError where a part of the path is missing or is no id."""
        return self._filled(self.path, query)

    def file(self, query: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
        """The same rows as a file; None where the service has none."""
        path = f"{self.path}/export" if self.export is None else self.export
        return self._filled(path, query) if path else None

    def _filled(self, path: str, query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        parts = _PART.findall(path)
        for part in parts:
            if not _SAFE.fullmatch(query.get(part, "")):
                raise ValueError(part)
        filters = {name: value for name, value in query.items() if name not in parts}
        return _PART.sub(lambda part: query[part[1]], path), filters


@cache
def row_lists() -> Mapping[str, RowList]:
    """Every list by its name, as `lists.toml` has it."""
    found = tomllib.loads((files("services.portal") / "lists.toml").read_text(encoding="utf-8"))
    return {name: RowList(**entry) for name, entry in found.items()}


def codes_of(service: str, path: str) -> Mapping[str, str]:
    """Which code list names a field of the rows that a service lists at an address, as `codes.toml` has it."""
    known = _codes().get(service, {})
    own = known.get(path.rstrip("/").rpartition("/")[2], {})
    return {field: name for field, name in known.items() if isinstance(name, str)} | dict(own)


@cache
def _codes() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("services.portal") / "codes.toml").read_text(encoding="utf-8"))
