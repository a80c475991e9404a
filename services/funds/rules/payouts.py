"""One-card files (一卡通代发文件) as the bank wants them, and its answers row by row."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from fupin import tables
from services.funds.codes import PayoutField, PayoutFormat, PayoutOutcome
from services.funds.rules import cells
from services.funds.rules.cells import Cells, Unreadable

MOST_BYTES = 20_000_000
MOST_ROWS = 100_100  # a batch, and what banks print above it


class Template(Protocol):
    """How the bank's files look, wherever that is kept."""

    format: PayoutFormat
    encoding: str
    headings: bool
    columns: list[dict[str, Any]]
    result_columns: dict[str, str]
    paid_words: list[str]
    returned_words: list[str]


class Payment(NamedTuple):
    """One row of the file."""

    line_no: int
    household_no: str
    holder: str
    account: str
    fen: int


class Result(NamedTuple):
    """What the bank says about one row."""

    row_no: int
    line_no: int
    outcome: PayoutOutcome
    reason: str | None


class BadRow(NamedTuple):
    row_no: int
    field: str
    en: str
    zh: str


def write(template: Template, payments: Sequence[Payment]) -> bytes:
    """The file. The same payments give the same bytes, so that a file made again can be told from another one."""
    headings = [column["heading"] for column in template.columns] if template.headings else None
    rows = ([_cell(column, payment) for column in template.columns] for payment in payments)
    if template.format is PayoutFormat.CSV:
        shown = [*([headings] if headings else []), *rows]
        return tables.comma_separated(shown).encode(template.encoding, "strict")
    into = io.BytesIO()
    book = tables.Workbook(into, in_memory=True)
    if headings:
        book.headings(headings)
    for row in rows:
        book.write(row)
    book.close()
    return into.getvalue()


def _cell(column: Mapping[str, Any], payment: Payment) -> Any:
    match PayoutField[column["field"]]:
        case PayoutField.NUMBER:
            return payment.line_no
        case PayoutField.HOUSEHOLD_NO:
            return payment.household_no
        case PayoutField.HOLDER:
            return payment.holder
        case PayoutField.ACCOUNT:
            return payment.account
        case PayoutField.YUAN:
            return (Decimal(payment.fen) / 100).quantize(Decimal("0.01"))
        case PayoutField.FEN:
            return payment.fen
        case PayoutField.TEXT:
            return column["text"]


def read(rows: Sequence[Cells], template: Template, amounts: Mapping[int, int]) -> tuple[list[Result], list[BadRow]]:
    """
    The bank's answers, and every bad row. `amounts`: the fen of each line of the batch.

    Raises Unreadable when its headings are not the template's.
    """
    wanted = template.result_columns
    for number, row in enumerate(rows, start=1):
        names = [cells.word(cell) for cell in row]
        if set(wanted.values()) <= set(names):
            place = {field: names.index(heading) for field, heading in wanted.items()}
            return _below(rows, number, place, template, amounts)
    raise Unreadable


def _below(
    rows: Sequence[Cells], headings: int, place: Mapping[str, int], template: Template, amounts: Mapping[int, int]
) -> tuple[list[Result], list[BadRow]]:
    found: dict[int, Result] = {}
    bad: list[BadRow] = []
    for row_no, row in enumerate(rows[headings:], start=headings + 1):
        said = {field: cells.word(row[at]) if at < len(row) else "" for field, at in place.items()}
        if not any(said.values()):
            continue
        wrong = list(_faults(row_no, said, template, amounts))
        number = int(said["number"]) if not wrong else 0
        if number in found:
            wrong = [BadRow(row_no, "number", "stands in this file twice", "序号在文件中重复")]
        bad += wrong
        if not wrong:
            outcome = _outcome(said["outcome"], template)
            found[number] = Result(row_no, number, outcome or PayoutOutcome.RETURNED, said.get("reason") or None)
    if not found and not bad:
        raise Unreadable
    return list(found.values()), bad


def _faults(row_no: int, said: Mapping[str, str], template: Template, amounts: Mapping[int, int]) -> Iterator[BadRow]:
    known = amounts.get(int(said["number"])) if re.fullmatch(r"[0-9]{1,9}", said["number"]) else None
    if known is None:
        yield BadRow(row_no, "number", "not a line of this batch", "不是本批次的序号")
    elif cells.fen(said["amount"]) != known:
        yield BadRow(row_no, "amount", "not the amount that was sent", "与代发金额不一致")
    if _outcome(said["outcome"], template) is None:
        yield BadRow(row_no, "outcome", "neither a word for paid nor one for returned", "无法识别的代发结果")
    if len(said.get("reason", "")) > 500:
        yield BadRow(row_no, "reason", "at most 500 characters", "至多 500 个字符")


def _outcome(word: str, template: Template) -> PayoutOutcome | None:
    """Without words for what is returned, every other word means that."""
    if word in template.paid_words:
        return PayoutOutcome.PAID
    returned = word in template.returned_words if template.returned_words else bool(word)
    return PayoutOutcome.RETURNED if returned else None
