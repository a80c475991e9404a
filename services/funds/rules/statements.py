"""Bank statements as files: CSV or XLSX with the bank's own headings, and SWIFT MT940."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import mt940

from services.funds.rules.cells import Cells, Unreadable, decoded, fen, word

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
HEAD_ROWS = 100  # what banks print above and below
MOST_FEN = 10**15


class Layout(NamedTuple):
    """Which heading stands for which field, and how days are written (strptime)."""

    columns: Mapping[str, str]
    date_format: str


class StatementLine(NamedTuple):
    row_no: int
    booked_on: date
    amount_fen: int
    payer: str
    reference: str | None
    text: str
    digest: bytes


class BadRow(NamedTuple):
    row_no: int
    field: str
    en: str
    zh: str


def from_table(rows: Sequence[Cells], layout: Layout) -> tuple[list[StatementLine], list[BadRow]]:
    """The lines of a statement in a table, and every bad row. Raises Unreadable."""
    return _whole(*_rows(rows, layout))


def from_mt940(content: bytes) -> tuple[list[StatementLine], list[BadRow]]:
    """The lines of a statement as SWIFT messages. Raises Unreadable."""
    return _whole(_mt940(decoded(content)), [])


def _whole(found: list[StatementLine], bad: list[BadRow]) -> tuple[list[StatementLine], list[BadRow]]:
    if not (found or bad) or len(found) > MOST_ROWS:
        raise Unreadable
    return _digested(found), bad + _repeated(found)


def _rows(rows: Sequence[Cells], layout: Layout) -> tuple[list[StatementLine], list[BadRow]]:
    """Below the first row that has every heading of the layout; banks print titles above it."""
    wanted = set(layout.columns.values())
    for number, row in enumerate(rows, start=1):
        names = [str(cell).strip() for cell in row]
        if wanted <= set(names):
            place = {field: names.index(heading) for field, heading in layout.columns.items()}
            return _below(rows, number, place, layout)
    raise Unreadable


def _below(
    rows: Sequence[Cells], headings: int, place: Mapping[str, int], layout: Layout
) -> tuple[list[StatementLine], list[BadRow]]:
    found: list[StatementLine] = []
    bad: list[BadRow] = []
    for row_no, row in enumerate(rows[headings:], start=headings + 1):
        if not any(str(cell).strip() for cell in row):
            continue
        cells = {field: row[at] if at < len(row) else "" for field, at in place.items()}
        wrong = list(_faults(row_no, cells, layout))
        bad += wrong
        if not wrong:
            found.append(_line(row_no, cells, layout))
    return found, bad


def _faults(row_no: int, cells: Mapping[str, Any], layout: Layout) -> Iterator[BadRow]:
    if _day(cells["booked_on"], layout.date_format) is None:
        yield BadRow(row_no, "booked_on", "not a day as the layout writes it", "日期与所设格式不符")
    amount = _amount(cells)
    if amount is None:
        yield BadRow(
            row_no, "amount", "not an amount in yuan with at most two decimals", "金额无效（元，至多两位小数）"
        )
    elif amount == 0 or abs(amount) > MOST_FEN:
        yield BadRow(row_no, "amount", "from 0.01 yuan to 10 trillion yuan", "金额须在 0.01 元至 10 万亿元之间")
    for field, most in (("reference", 64), ("payer", 200), ("text", 500)):
        if len(word(cells.get(field, ""))) > most:
            yield BadRow(row_no, field, f"at most {most} characters", f"至多 {most} 个字符")


def _line(row_no: int, cells: Mapping[str, Any], layout: Layout) -> StatementLine:
    day, amount = _day(cells["booked_on"], layout.date_format), _amount(cells)
    if day is None or amount is None:
        raise Unreadable  # _faults has looked
    payer, reference, text = (word(cells.get(field, "")) for field in ("payer", "reference", "text"))
    return StatementLine(row_no, day, amount, payer, reference or None, text, b"")


def _day(cell: Any, form: str) -> date | None:
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    try:
        return datetime.strptime(word(cell), form).date()  # noqa: DTZ007  # a day, not a moment
    except ValueError:
        return None


def _amount(cells: Mapping[str, Any]) -> int | None:
    """Fen: from one signed column, or from one for money in and one for money out."""
    if "amount" in cells:
        return fen(cells["amount"])
    into, out = (fen(cells.get(field, "") or 0) for field in ("amount_in", "amount_out"))
    if into is None or out is None or into < 0 or out < 0 or (into and out):
        return None
    return into - out


def _mt940(text: str) -> list[StatementLine]:
    """
    Every :61: of every statement in the file.

    The library skips what it does not understand; the opening balance and the movements must therefore give the
    closing balance, or the file is refused.
    """
    found: list[StatementLine] = []
    for part in re.split(r"(?m)^(?=:20:)", text):
        if not part.startswith(":20:"):
            continue
        try:
            statement = mt940.models.Transactions()
            movements = statement.parse(part)
        except (RuntimeError, ValueError, KeyError, AttributeError, TypeError, InvalidOperation) as error:
            raise Unreadable from error
        total = Decimal(0)
        for movement in movements:
            data = movement.data
            if "amount" not in data:
                continue
            amount = data["amount"].amount
            if data["amount"].currency not in (None, "CNY"):
                raise Unreadable
            total += amount
            words = " ".join(str(data.get("transaction_details") or "").split())
            payer = str(data.get("applicant_name") or words)[:200]
            told = " ".join(filter(None, (str(data.get("customer_reference") or ""), words)))
            reference = str(data.get("bank_reference") or "").strip() or None
            day = data["date"]
            found.append(
                StatementLine(
                    len(found) + 1, date(day.year, day.month, day.day), int(amount * 100), payer, reference,
                    told[:500], b"",
                )
            )  # fmt: skip
        opening, closing = (statement.data.get(f"final_{name}_balance") for name in ("opening", "closing"))
        if opening is None or closing is None or opening.amount.amount + total != closing.amount.amount:
            raise Unreadable
    return found


def _digested(lines: Iterable[StatementLine]) -> list[StatementLine]:
    """
    Each line with the digest that knows it again in another file.

    Lines alike in everything and without a reference are told apart by their order.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        words = "\x1f".join(
            (line.booked_on.isoformat(), str(line.amount_fen), line.payer, line.reference or "", line.text)
        )
        seen[words] += 1
        found.append(line._replace(digest=hashlib.sha256(f"{words}\x1f{seen[words]}".encode()).digest()))
    return found


def _repeated(lines: Iterable[StatementLine]) -> list[BadRow]:
    seen: set[str] = set()
    bad = []
    for line in lines:
        if line.reference and line.reference in seen:
            bad.append(BadRow(line.row_no, "reference", "stands in this file twice", "流水号在文件中重复"))
        elif line.reference:
            seen.add(line.reference)
    return bad
