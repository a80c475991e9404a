"""
The books for the plain-text accounting tools beancount and hledger (纯文本记账).

Debits are positive and credits negative, as both tools have it. The last lines assert every account's balance, so that
the tool itself finds out if it reckons otherwise.
"""

import json
import re
from datetime import date, timedelta
from typing import Any

TOPS = {
    "ASSET": "Assets",
    "LIABILITY": "Liabilities",
    "EQUITY": "Equity",
    "INCOME": "Income",
    "EXPENSE": "Expenses",
}
_SIMPLE = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*")


def yuan(fen: int) -> str:
    """Exactly: -1234 is -12.34."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def account_name(kind: str, code: str, number: int) -> str:
    """
    As beancount wants it: `Assets:Bank`. A code that begins with its kind does not say it twice: `Income:Donation` is
    `income.donation`. Two codes of one kind meet only so, see `PlainText`.
    """
    if not _SIMPLE.fullmatch(code):
        return _by_number(kind, number)
    parts = code.removeprefix(f"{kind.lower()}.").split(".")
    return ":".join([TOPS[kind], *(part[0].upper() + part[1:] for part in parts)])


def _by_number(kind: str, number: int) -> str:
    return f"{TOPS[kind]}:X-Id-{number}"


def _flat(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f]+", " ", text).strip()


class PlainText:
    """Books being written, a document of an export at a time; accounts come before journals, as exports have them."""

    begins: str

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.nets: dict[int, int] = {}
        self.last = date(1990, 1, 1)

    def row(self, text: str) -> str:
        """What one document of the export becomes."""
        row = json.loads(text)
        if row["type"] == "account":
            name = account_name(row["kind"], row["code"], row["id"])
            if name in self.names.values():  # `donation` beside `income.donation`
                name = _by_number(row["kind"], row["id"])
            self.names[row["id"]] = name
            self.nets[row["id"]] = 0
            return self.account(name, row)
        if row["type"] == "journal":
            return self.journal(row, self._moves(row))
        return ""

    def account(self, name: str, row: dict[str, Any]) -> str:
        raise NotImplementedError

    def journal(self, row: dict[str, Any], moves: list[tuple[str, int]]) -> str:
        raise NotImplementedError

    def ends(self) -> str:
        """The assertion of every balance."""
        raise NotImplementedError

    def _moves(self, row: dict[str, Any]) -> list[tuple[str, int]]:
        self.last = max(self.last, date.fromisoformat(row["effective_on"]))
        found = []
        for _, debit, credit, fen, *_ in row["lines"]:
            self.nets[debit] += fen
            self.nets[credit] -= fen
            found += [(self.names[debit], fen), (self.names[credit], -fen)]
        return found


class Beancount(PlainText):
    begins = 'option "title" "fupin"\noption "operating_currency" "CNY"\n'

    def account(self, name: str, row: dict[str, Any]) -> str:
        return f"1990-01-01 open {name} CNY\n  label: {_quoted(row['name'])}\n"

    def journal(self, row: dict[str, Any], moves: list[tuple[str, int]]) -> str:
        head = f"\n{row['effective_on']} * {_quoted(row['memo'] or row['source'])}\n  journal: {_quoted(row['id'])}\n"
        return head + "".join(f"  {name}  {yuan(fen)} CNY\n" for name, fen in moves)

    def ends(self) -> str:
        day = self.last + timedelta(days=1)  # a balance is that of the day's beginning
        return "\n" + "".join(
            f"{day} balance {self.names[number]}  {yuan(net)} CNY\n" for number, net in self.nets.items()
        )


class Hledger(PlainText):
    begins = "commodity 1000.00 CNY\n"

    def account(self, name: str, row: dict[str, Any]) -> str:
        return f"account {name}  ; {_flat(row['name'])}\n"

    def journal(self, row: dict[str, Any], moves: list[tuple[str, int]]) -> str:
        words = _flat(row["memo"] or row["source"]).replace(";", ",")
        head = f"\n{row['effective_on']} * {words}  ; journal:{row['id']}\n"
        return head + "".join(f"    {name}  {yuan(fen)} CNY\n" for name, fen in moves)

    def ends(self) -> str:
        return f"\n{self.last} * balances\n" + "".join(
            f"    {self.names[number]}  0.00 CNY = {yuan(net)} CNY\n" for number, net in self.nets.items()
        )


def _quoted(text: str) -> str:
    escaped = _flat(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
