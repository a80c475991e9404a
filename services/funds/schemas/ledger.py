from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.funds.codes import AccountKind, JournalSource
from services.funds.schemas.fields import AccountCode, Credited, Debited, Fen, Memo, words

OPTIONAL_DAY = Field(default=None, description="The day the money moved; today when absent.", examples=["2018-06-01"])


class NewAccount(Body):
    code: Annotated[AccountCode, Field(examples=["county-relief"])]
    name: Annotated[str, words(100), Field(examples=["县级临时救助金"])]
    kind: AccountKind
    overdraft: bool = Field(default=False, description="Whether it may go below zero.")


class Account(Answer):
    code: str
    name: str
    kind: AccountKind
    currency: Literal["CNY"]
    division_code: str
    managed: bool = Field(description="Posted to by documents only, never by a hand-made transfer.")
    opened_at: Instant
    is_open: bool
    balance_fen: int = Field(
        description="In the account's normal sense: an asset's debits less credits, else the opposite."
    )
    pending_fen: int = Field(description="Promised and not yet moved.")
    available_fen: int
    entries: int


class AccountPage(Page[Account]): ...


class AccountBalance(Answer):
    code: str
    on: date
    balance_fen: int
    entries: int


class StatementEntry(Answer):
    entry: int = Field(description="Numbered from 1 without gaps, in the order of posting.")
    journal_id: UUID
    line: int
    effective_on: date
    posted_at: Instant
    side: Literal["DEBIT", "CREDIT"]
    counter_account: str
    amount_fen: int
    balance_fen: int = Field(description="The account's balance right after this entry.")
    source: JournalSource
    memo: str | None


class StatementEntryPage(Page[StatementEntry]): ...


class NewTransfer(Body):
    debit: Debited
    credit: Credited
    amount_fen: Fen
    effective_on: date | None = OPTIONAL_DAY
    memo: Memo | None = None


class NewTransferBatch(Body):
    transfers: list[NewTransfer] = Field(min_length=1, max_length=1000)


class Transfer(Answer):
    journal_id: UUID
    debit: str
    credit: str
    amount_fen: int
    effective_on: date
    memo: str | None


class TransferBatch(Answer):
    transfers: list[Transfer]


class JournalLine(Answer):
    line: int
    debit: str
    credit: str
    amount_fen: int


class Journal(Answer):
    id: UUID
    effective_on: date
    posted_at: Instant
    actor: str
    memo: str | None
    source: JournalSource
    source_id: UUID | None = Field(description="The loan, receipt or distribution that wrote it.")
    reverses: UUID | None
    lines: list[JournalLine]


class JournalPage(Page[Journal]): ...


class Reversal(Body):
    effective_on: date | None = OPTIONAL_DAY
    memo: Memo | None = None


class TrialBalanceRow(Answer):
    code: str
    name: str
    kind: AccountKind
    debit_fen: int
    credit_fen: int
    balance_fen: int


class TrialBalance(Answer):
    as_of: date
    debit_fen: int
    credit_fen: int
    balanced: bool
    items: list[TrialBalanceRow]


class Seal(Answer):
    number: int
    journals: int
    lines: int | None
    root: str | None = Field(description="The root of the Merkle tree over the lines.")
    hash: str
    previous: str | None
    at: Instant
    actor: str


class SealPage(Page[Seal]): ...


class Sealed(Answer):
    number: int = Field(description="The last seal's number; 0 when nothing was ever sealed.")
    journals: int = Field(description="How many journals were sealed now.")


class Verification(Answer):
    journals: int
    postings: int
    accounts: int
    seals: int
    sealed_journals: int
    sound: bool
    unsound_journals: list[UUID] = Field(description="Journals that lack a line, and lines that lack their journal.")
    unsound_accounts: list[str] = Field(description="Accounts whose postings do not add up to their balances.")
    unsound_seals: list[int] = Field(description="Seals that no longer fit the journals under them.")
