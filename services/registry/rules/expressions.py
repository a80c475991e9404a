"""
Expressions of eligibility: a small, typed part of CEL (Common Expression Language) over the facts of a household.

Google's own compiler reads and type-checks them (docs/adr/0006). Of what it accepts, rules use: facts, whole numbers,
texts in quotes, true and false; `&& || !`, `? :`, `== != < <= > >=`, `in` a list of literals, `+ - * / %`, and
`startsWith`. No loops, macros, regular expressions or conversions: what an expression costs follows from its length.

Unknown is neither true nor false. A missing fact, a division by zero and a number beyond 64 bits make what needs them
unknown: `false && unknown` is false, `true || unknown` is true, all else with an unknown part is unknown. That is
CEL's own rule for errors and SQL's for NULL, so one household and a whole county are decided alike.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cel_expr_python import cel

from services.registry.codes.eligibility import ExpressionError, FactType
from services.registry.rules.facts import BY_NAME, CATALOGUE, Facts, Value

LONGEST = 1_000  # characters
MOST_NODES = 200

_TYPES = {FactType.INTEGER: cel.Type.INT, FactType.TEXT: cel.Type.STRING, FactType.BOOLEAN: cel.Type.BOOL}
_ENV = cel.NewEnv(variables={fact.name: _TYPES[fact.kind] for fact in CATALOGUE})

# The overloads of CEL's standard library that rules may use, by the type checker's own names.
ORDERS = frozenset(f"{order}_{kind}" for order in ("less", "less_equals", "greater", "greater_equals")
                   for kind in ("int64", "string"))  # fmt: skip
ARITHMETIC = frozenset(f"{name}_int64" for name in ("add", "subtract", "multiply", "divide", "modulo", "negate"))
LOGIC = frozenset({"logical_and", "logical_or", "logical_not", "conditional"})
ALLOWED = ORDERS | ARITHMETIC | LOGIC | {"equals", "not_equals", "in_list", "starts_with_string"}


class Refused(Exception):
    """What is wrong with an expression and where: line and column count from one."""

    def __init__(self, error: ExpressionError, line: int = 1, column: int = 1) -> None:
        self.error = error
        self.line = line
        self.column = column
        super().__init__(error)


@dataclass(frozen=True)
class Literal:
    value: Value


@dataclass(frozen=True)
class FactRef:
    name: str


@dataclass(frozen=True)
class Among:
    """`x in [a, b]`, all literals of one type."""

    item: "Node"
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Call:
    """An overload of CEL's standard library."""

    overload: str
    args: tuple["Node", ...]


Node = Literal | FactRef | Among | Call


@dataclass(frozen=True)
class Expression:
    """A checked expression, ready to be evaluated here or written as SQL."""

    source: str
    node: Node
    facts: tuple[str, ...]
    program: cel.Expression = field(repr=False, compare=False)

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds of a household; None where that is unknown."""
        known = {name: facts[name] for name in self.facts if facts.get(name) is not None}
        found = self.program.eval(data=known)
        return bool(found.value()) if found.type() == cel.Type.BOOL else None


@lru_cache(maxsize=1_000)
def checked(source: str) -> Expression:
    """
    Read and check an expression. Raises Refused.

    >>> checked("income_per_head > poverty_line").facts
    ('income_per_head', 'poverty_line')
    """
    if len(source) > LONGEST:
        raise Refused(ExpressionError.TOO_LONG, *_place(source, LONGEST))
    try:
        program = _ENV.compile(source)
    except RuntimeError as error:
        raise _refusal(str(error), source) from None
    tree = _Tree(program.serialize(), source)
    if program.return_type() != cel.Type.BOOL:
        raise Refused(ExpressionError.NOT_A_CONDITION)
    node = tree.root()
    facts = tuple(dict.fromkeys(tree.facts))
    if not facts:
        raise Refused(ExpressionError.NO_FACT)
    return Expression(source, node, facts, program)


_SAID = (
    ("undeclared reference", ExpressionError.UNKNOWN_FACT),
    ("no matching overload", ExpressionError.WRONG_TYPE),
    ("recursion", ExpressionError.TOO_DEEP),
)


def _refusal(said: str, source: str) -> Refused:
    """The compiler's first finding as ours; its words repeat what was sent, so they stay here."""
    first = said.partition("\nERROR:")[0]
    at = re.search(r"<input>:(\d+):(\d+):", first)
    line, column = (int(at[1]), int(at[2])) if at else (1, 1)
    error = next((error for words, error in _SAID if words in first), ExpressionError.SYNTAX)
    if error is ExpressionError.UNKNOWN_FACT and source.split("\n")[line - 1][column - 1 : column] == "(":
        error = ExpressionError.UNKNOWN_FUNCTION  # a call stands where its parenthesis opens
    return Refused(error, line, column)


def _place(source: str, offset: int) -> tuple[int, int]:
    before = source[:offset]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


class _Tree:
    """
    The checked tree that the compiler hands over (`cel.expr.CheckedExpr`), as nodes.

    It comes in the protocol buffers' wire format, of which this takes what rules may use and refuses the rest:
    field numbers are those of cel/expr/syntax.proto and checked.proto.
    """

    def __init__(self, serialized: bytes, source: str) -> None:
        self.source = source
        self.facts: list[str] = []
        self.nodes = 0
        message = _message(_bytes(_message(serialized), 2))  # google.protobuf.Any: value
        self.references = {key: _message(value) for key, value in _entries(message, 2)}
        info = _message(_bytes(message, 5))
        self.positions = {_number(entry, 1): _number(entry, 2) for entry in map(_message, _every(info, 4))}
        self.expression = _bytes(message, 4)

    def root(self) -> Node:
        return self._node(_message(self.expression))

    def _node(self, expr: "_Message") -> Node:
        self.nodes += 1
        id = _number(expr, 2)
        if self.nodes > MOST_NODES:
            raise Refused(ExpressionError.TOO_LONG)
        if 3 in expr:
            return Literal(self._constant(_message(_bytes(expr, 3)), id))
        if 4 in expr:
            name = _text(_message(_bytes(expr, 4)), 1)
            if name not in BY_NAME:  # a type's name is a value too
                raise self._refused(ExpressionError.UNKNOWN_FACT, id)
            self.facts.append(name)
            return FactRef(name)
        if 6 in expr:
            return self._call(_message(_bytes(expr, 6)), id)
        raise self._refused(ExpressionError.UNSUPPORTED, id)

    def _call(self, call: "_Message", id: int) -> Node:
        overloads = [value.decode() for value in _every(self.references.get(id, {}), 3)]
        if len(overloads) != 1 or overloads[0] not in ALLOWED:
            raise self._refused(ExpressionError.UNSUPPORTED, id)
        parts = [_message(part) for part in (*_every(call, 1), *_every(call, 3))]
        if overloads[0] == "in_list":
            return Among(self._node(parts[0]), self._literals(parts[1]))
        args = tuple(self._node(part) for part in parts)
        return Call(overloads[0], args)

    def _literals(self, expr: "_Message") -> tuple[Value, ...]:
        id = _number(expr, 2)
        elements = [self._node(_message(part)) for part in _every(_message(_bytes(expr, 7)), 1)] if 7 in expr else []
        values = tuple(element.value for element in elements if isinstance(element, Literal))
        if not values or len(values) < len(elements) or len({type(value) for value in values}) > 1:
            raise self._refused(ExpressionError.UNSUPPORTED, id)
        return values

    def _constant(self, constant: "_Message", id: int) -> Value:
        if 2 in constant:
            return bool(_number(constant, 2))
        if 3 in constant:
            number = _number(constant, 3)
            return number - (1 << 64) if number >> 63 else number
        if 6 in constant and "\0" not in (text := _text(constant, 6)):
            return text
        raise self._refused(ExpressionError.UNSUPPORTED, id)

    def _refused(self, error: ExpressionError, id: int) -> Refused:
        return Refused(error, *_place(self.source, self.positions.get(id, 0)))


_Message = Mapping[int, list[int | bytes]]


def _message(data: bytes) -> _Message:
    """Fields by number: varints as numbers, the rest as bytes (CEL's syntax has no other that rules may use)."""
    found: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:  # a double or a fixed-width number
            size = {1: 8, 5: 4}[tag & 7]
            value, at = data[at : at + size], at + size
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def _every(message: _Message, field_number: int) -> Iterator[bytes]:
    return (value for value in message.get(field_number, ()) if isinstance(value, bytes))


def _entries(message: _Message, field_number: int) -> Iterator[tuple[int, bytes]]:
    """A map's keys and values."""
    for entry in map(_message, _every(message, field_number)):
        yield _number(entry, 1), _bytes(entry, 2)


def _bytes(message: _Message, field_number: int) -> bytes:
    return next(_every(message, field_number), b"")


def _text(message: _Message, field_number: int) -> str:
    return _bytes(message, field_number).decode()


def _number(message: _Message, field_number: int) -> int:
    return next((value for value in message.get(field_number, ()) if isinstance(value, int)), 0)
