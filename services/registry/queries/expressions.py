"""
Checked expressions as SQL over the rows of `queries.facts`, named `f`.

Only names of the catalogue and words of this module become text; every literal is a parameter. Each overload does in
SQL what CEL's does, unknown (NULL) included; a test holds both against each other on random expressions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.registry.rules.expressions import Among, Call, Expression, FactRef, Literal, Node
from services.registry.rules.facts import BY_NAME, Value

_KINDS = {bool: "boolean", int: "bigint", str: "text"}


def _infix(operator: str) -> Callable[..., str]:
    return lambda a, b: f"({a} {operator} {b})"


def _whole(operator: str) -> Callable[..., str]:
    return lambda a, b: f"within_int64({a}::numeric {operator} {b}::numeric)"


# By the overload's name in CEL's standard library. `div` and `mod` cut towards zero, as CEL does.
_WRITTEN: Mapping[str, Callable[..., str]] = {
    "logical_and": _infix("AND"),
    "logical_or": _infix("OR"),
    "logical_not": lambda a: f"(NOT {a})",
    "conditional": lambda test, a, b: f"(CASE WHEN {test} THEN {a} WHEN NOT {test} THEN {b} END)",
    "equals": _infix("="),
    "not_equals": _infix("<>"),
    **{f"less_{kind}": _infix("<") for kind in ("int64", "string")},
    **{f"less_equals_{kind}": _infix("<=") for kind in ("int64", "string")},
    **{f"greater_{kind}": _infix(">") for kind in ("int64", "string")},
    **{f"greater_equals_{kind}": _infix(">=") for kind in ("int64", "string")},
    "add_int64": _whole("+"),
    "subtract_int64": _whole("-"),
    "multiply_int64": _whole("*"),
    "divide_int64": lambda a, b: f"within_int64(div({a}::numeric, nullif({b}, 0)::numeric))",
    "modulo_int64": lambda a, b: f"within_int64(mod({a}::numeric, nullif({b}, 0)::numeric))",
    "negate_int64": lambda a: f"within_int64(-({a}::numeric))",
    "starts_with_string": lambda a, b: f"starts_with({a}, {b})",
}


class Writer:
    """Writes expressions, and gathers their literals as parameters."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}

    def sql(self, expression: Expression) -> str:
        return self._node(expression.node)

    def bind(self, value: Value) -> str:
        name = f"literal_{len(self.params)}"
        self.params[name] = value
        collation = ' COLLATE "C"' if isinstance(value, str) else ""
        return f"%({name})s::{_KINDS[type(value)]}{collation}"

    def _node(self, node: Node) -> str:
        match node:
            case FactRef(name):
                return f"f.{BY_NAME[name].name}"
            case Literal(value):
                return self.bind(value)
            case Among(item, values):
                return f"({self._node(item)} IN ({', '.join(self.bind(value) for value in values)}))"
            case Call(overload, args):
                return _WRITTEN[overload](*(self._node(arg) for arg in args))
