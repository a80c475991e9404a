"""Rules of eligibility: clauses over household facts, and what they come to together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fupin.problems import FieldError
from services.registry.codes import ExitRequirement, FourCategory
from services.registry.codes.eligibility import Eligibility, ExpressionError, RuleMeets
from services.registry.problems.eligibility import ClausesMisfit, ExpressionRefused
from services.registry.rules.expressions import Expression, Refused, checked
from services.registry.rules.facts import Facts

FOUR_CATEGORIES = "FOUR_CATEGORIES"
EXIT = "EXIT"

# What a purpose that the registry itself asks for needs: how its clauses meet, and which codes they may have.
KNOWN: Mapping[str, tuple[RuleMeets, frozenset[str] | None]] = {
    FOUR_CATEGORIES: (RuleMeets.ANY, frozenset(category.value for category in FourCategory)),
    EXIT: (RuleMeets.ALL, frozenset(item.value for item in ExitRequirement)),
}


class Written(Protocol):
    """A clause as a person wrote it."""

    @property
    def code(self) -> str: ...
    @property
    def expression(self) -> str: ...


@dataclass(frozen=True)
class Clause:
    code: str
    expression: Expression


@dataclass(frozen=True)
class Decided:
    """What the clauses came to; `clause` is the first that holds, where one is enough."""

    outcome: Eligibility
    clause: str | None
    results: Mapping[str, bool | None]


def read(clauses: Iterable[Written]) -> tuple[Clause, ...]:
    """The clauses with their expressions checked. Raises ExpressionRefused naming every bad one."""
    found, errors = [], []
    for at, clause in enumerate(clauses):
        try:
            found.append(Clause(clause.code, checked(clause.expression)))
        except Refused as refused:
            errors.append(_place(at, refused.error, refused.line, refused.column))
    if errors:
        raise ExpressionRefused(errors=errors)
    return tuple(found)


def fit(purpose: str, meets: RuleMeets, codes: Sequence[str]) -> None:
    """Raises ClausesMisfit."""
    needed, allowed = KNOWN.get(purpose, (meets, None))
    if len(set(codes)) < len(codes) or meets is not needed or (allowed is not None and not allowed.issuperset(codes)):
        raise ClausesMisfit(meets=needed.value, codes=sorted(allowed) if allowed is not None else None)


def facts_of(clauses: Iterable[Clause]) -> tuple[str, ...]:
    """The facts that the clauses look at, each once."""
    return tuple(dict.fromkeys(name for clause in clauses for name in clause.expression.facts))


def decide(meets: RuleMeets, clauses: Iterable[Clause], facts: Facts) -> Decided:
    """Hold a rule against one household: unknown where what is missing could change the outcome."""
    results = {clause.code: clause.expression.holds(facts) for clause in clauses}
    settles = meets is RuleMeets.ANY  # one that holds settles ANY, one that does not settles ALL
    if settles in results.values():
        eligible: bool | None = settles
    else:
        eligible = None if None in results.values() else not settles
    first = next((code for code, holds in results.items() if holds), None) if settles else None
    return Decided(OUTCOMES[eligible], first, results)


OUTCOMES = {True: Eligibility.ELIGIBLE, False: Eligibility.NOT_ELIGIBLE, None: Eligibility.UNKNOWN}


def _place(at: int, error: ExpressionError, line: int, column: int) -> FieldError:
    return FieldError(
        f"/clauses/{at}/expression", "body", error.value, f"line {line}, column {column}: {error.en}",
        f"第{line}行第{column}列：{error.zh}",
    )  # fmt: skip
