"""The numbered catalogue of quality rules, and the findings they leave."""

from services.registry.queries.quality import causes, health, helpers, money, persons, register
from services.registry.queries.quality.base import Rule

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (*causes.RULES, *persons.RULES, *health.RULES, *money.RULES, *helpers.RULES, *register.RULES),
        key=lambda rule: rule.code,
    )
)

__all__ = ["RULES", "Rule"]
