"""The registry's long work; importing this package registers its handlers."""

from services.registry.jobs import comparisons, eligibility, imports, quality, rosters

__all__ = ["comparisons", "eligibility", "imports", "quality", "rosters"]
