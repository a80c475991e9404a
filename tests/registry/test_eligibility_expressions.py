"""Expressions of eligibility: checked before they are kept, and decided alike by CEL and by PostgreSQL."""

import json

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fupin.postgres import Server
from services.registry.codes.eligibility import ExpressionError, FactType
from services.registry.queries.expressions import Writer
from services.registry.rules.expressions import LONGEST, Refused, checked
from services.registry.rules.facts import CATALOGUE, Facts, Value
from tests.conftest import _plain

INTEGERS = st.one_of(
    st.integers(-3, 3), st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from([2**63 - 1, -(2**63) + 1, 2**62])
)
TEXTS = st.one_of(
    st.sampled_from(["", "POOR", "RURAL", "230882101", "A", "a", "é", "户", "'; DROP TABLE household; --", "%s %(x)s"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=6),
)
VALUES = {FactType.INTEGER: INTEGERS, FactType.TEXT: TEXTS, FactType.BOOLEAN: st.booleans()}
NAMED = {kind: [fact.name for fact in CATALOGUE if fact.kind is kind][:3] for kind in FactType}
COLUMNS = [fact for fact in CATALOGUE if fact.name in {name for names in NAMED.values() for name in names}]
TYPES = {FactType.INTEGER: "bigint", FactType.TEXT: 'text COLLATE "C"', FactType.BOOLEAN: "boolean"}

FACTS = st.fixed_dictionaries({fact.name: st.none() | VALUES[fact.kind] for fact in COLUMNS})


def written(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else f"({value})"


def whole(depth: int) -> st.SearchStrategy[str]:
    base = st.sampled_from(NAMED[FactType.INTEGER]) | INTEGERS.map(written)
    if depth == 0:
        return base
    part = whole(depth - 1)
    return st.one_of(
        base,
        st.builds("({} {} {})".format, part, st.sampled_from("+-*/%"), part),
        st.builds("-({})".format, part),
        st.builds("({} ? {} : {})".format, condition(depth - 1), part, part),
    )


def word() -> st.SearchStrategy[str]:
    return st.sampled_from(NAMED[FactType.TEXT]) | TEXTS.map(written)


def condition(depth: int) -> st.SearchStrategy[str]:
    order = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    base = st.one_of(
        st.sampled_from(NAMED[FactType.BOOLEAN]),
        st.builds("({} {} {})".format, word(), order, word()),
        st.builds("({} in [{}])".format, word(), st.lists(TEXTS.map(written), min_size=1, max_size=3).map(", ".join)),
        st.builds("{}.startsWith({})".format, st.sampled_from(NAMED[FactType.TEXT]), word()),
    )
    if depth == 0:
        return base
    part = condition(depth - 1)
    return st.one_of(
        base,
        st.builds("({} {} {})".format, whole(depth - 1), order, whole(depth - 1)),
        st.builds("({} {} {})".format, part, st.sampled_from(["&&", "||", "==", "!="]), part),
        st.builds("!({})".format, part),
        st.builds("({} ? {} : {})".format, part, part, part),
    )


def by_postgresql(db: psycopg.Connection, source: str, facts: Facts) -> bool | None:
    writer = Writer()
    sql = writer.sql(checked(source))
    row = ", ".join(f"%({fact.name})s::{TYPES[fact.kind]} AS {fact.name}" for fact in COLUMNS)
    found = db.execute(f"SELECT {sql} FROM (SELECT {row}) f", {**facts, **writer.params}).fetchone()
    assert found
    return found[0]


def test_cel_and_postgresql_decide_alike_whatever_is_missing(server: Server, database: str) -> None:
    seen: set[bool | None] = set()
    with psycopg.connect(_plain(server.url(database)), autocommit=True) as db:
        db.execute("SET search_path = registry")

        @given(source=condition(3), facts=FACTS)
        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        def alike(source: str, facts: Facts) -> None:
            try:
                expression = checked(source)
            except Refused as refused:
                sizes = (ExpressionError.TOO_LONG, ExpressionError.TOO_DEEP, ExpressionError.NO_FACT)
                assert refused.error in sizes, source  # noqa: PT017
                return
            held = expression.holds(facts)
            assert by_postgresql(db, source, facts) is held, source
            seen.add(held)

        alike()
    assert seen == {True, False, None}


@pytest.mark.parametrize(
    ("source", "error", "line", "column"),
    [
        ("size >", "SYNTAX", 1, 7),
        ("size == 99999999999999999999", "SYNTAX", 1, 9),
        ("poor &&\n  ghost > 3", "UNKNOWN_FACT", 2, 3),
        ('status == "户" && int == int', "UNKNOWN_FACT", 1, 18),
        ("pg_sleep(9) == 1", "UNKNOWN_FUNCTION", 1, 9),
        ("size > 'many'", "WRONG_TYPE", 1, 6),
        ("size > 1.5", "WRONG_TYPE", 1, 6),
        ("size + 1", "NOT_A_CONDITION", 1, 1),
        ("1 < 2", "NO_FACT", 1, 1),
        ("status.matches('(a+)+$')", "UNSUPPORTED", 1, 15),
        ("[1, 2].exists(n, n == size)", "UNSUPPORTED", 1, 14),
        ("status in []", "UNSUPPORTED", 1, 11),
        ("status in ['POOR', 1]", "UNSUPPORTED", 1, 11),
        ("status in [residence]", "UNSUPPORTED", 1, 11),
        ("status == '\\u0000'", "UNSUPPORTED", 1, 11),
        ("timestamp(status) > timestamp(status)", "UNSUPPORTED", 1, 19),
        (" " * LONGEST + "poor", "TOO_LONG", 1, LONGEST + 1),
        ("||".join(["poor"] * 150), "TOO_LONG", 1, 1),
        ("(" * 300 + "poor" + ")" * 300, "TOO_DEEP", 1, 1),
    ],
)
def test_a_bad_expression_is_refused_with_its_place(source: str, error: str, line: int, column: int) -> None:
    with pytest.raises(Refused) as refused:
        checked(source)
    found = refused.value
    assert found.error == error
    assert (found.line, found.column) == (line, column)


def test_unknown_is_neither_true_nor_false() -> None:
    for source, holds in {
        "poverty_line > 0": None,
        "poverty_line > 0 || size == 2": True,
        "poverty_line > 0 && size == 3": False,
        "!(poverty_line > 0)": None,
        "poverty_line > 0 ? poor : poor": None,
        "size / 0 == 1": None,
        "size * 9223372036854775807 > 0": None,
    }.items():
        assert checked(source).holds({"size": 2, "poor": True, "poverty_line": None}) is holds, source
