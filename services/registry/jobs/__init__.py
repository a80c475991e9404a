"""The registry's long work; importing this package registers its handlers."""

from services.registry.jobs import comparisons, imports, quality, rosters

__all__ = ["comparisons", "imports", "quality", "rosters"]
