"""What a service tidies up by itself, once a minute beside the kernel's own housekeeping."""

from collections.abc import Awaitable, Callable
from typing import Any

Chore = Callable[[Any], Awaitable[None]]

_chores: dict[str, list[Chore]] = {}


def chore(service: str) -> Callable[[Chore], Chore]:
    """Registers `async def tidy(runtime)`; it must be safe to repeat and quick when there is nothing to do."""

    def register(tidy: Chore) -> Chore:
        _chores.setdefault(service, []).append(tidy)
        return tidy

    return register


def of(service: str) -> list[Chore]:
    return _chores.get(service, [])
