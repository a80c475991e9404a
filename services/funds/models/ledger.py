"""The ledger. These rows are written by the functions of the migrations only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, ForeignKeyConstraint, Index, SmallInteger, Text, UniqueConstraint, text
from sqlmodel import Field

from fupin.db import NEW_ID, Xid8
from services.funds.codes import AccountKind, JournalSource
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class Account(Table, table=True):
    """One account of the county's chart. `managed`: posted to by documents only, never by a hand-made transfer."""

    __table_args__ = (UniqueConstraint("county_code", "code"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    county_code: str = county()
    division_code: str = place()
    code: str = Field(max_length=63)
    name: str = Field(sa_type=Text)
    kind: AccountKind = Field(sa_type=AccountKind.stored())
    currency: str = Field(sa_type=CHAR(3), sa_column_kwargs={"server_default": "CNY"})
    managed: bool
    opened_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Balance(Table, table=True):
    """What an account holds now, in its normal sense, and the limits that no posting may break."""

    account_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="funds.account.id")
    county_code: str = county()
    side: int = Field(sa_type=SmallInteger)
    is_open: bool = Field(sa_column_kwargs={"server_default": text("true")})
    seq: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    net_fen: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    pending_fen: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    min_fen: int = Field(sa_type=BigInteger)
    max_fen: int = Field(sa_type=BigInteger)


class Journal(Table, table=True):
    __table_args__ = (
        UniqueConstraint("county_code", "idem_key"),
        Index("uq_journal_reverses", "reverses", unique=True, postgresql_where=text("reverses IS NOT NULL")),
        Index("ix_journal_source_id", "source_id", postgresql_where=text("source_id IS NOT NULL")),
        ForeignKeyConstraint(
            ["id", "n_lines"],
            ["funds.posting.journal_id", "funds.posting.line"],
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    idem_key: str = Field(sa_type=Text)
    request_hash: bytes
    n_lines: int
    effective_on: date
    posted_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
    xid: str = Field(sa_type=Xid8, index=True, sa_column_kwargs={"server_default": text("pg_current_xact_id()")})
    actor: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    memo: str | None = Field(sa_type=Text)
    source: JournalSource = Field(sa_type=JournalSource.stored())
    source_id: UUID | None
    reverses: UUID | None = Field(foreign_key="funds.journal.id")


class Posting(Table, table=True):
    """One line: an amount from the credit account to the debit account, with both balances after it."""

    __table_args__ = (
        UniqueConstraint("debit", "debit_seq", postgresql_include=["debit_net_fen"]),
        UniqueConstraint("credit", "credit_seq", postgresql_include=["credit_net_fen"]),
    )

    journal_id: UUID = Field(primary_key=True)  # written by the same call, so no key is asked
    line: int = Field(primary_key=True)
    county_code: str = county()
    debit: int = Field(sa_type=BigInteger)
    credit: int = Field(sa_type=BigInteger)
    amount_fen: int = Field(sa_type=BigInteger)
    debit_seq: int = Field(sa_type=BigInteger)
    debit_net_fen: int = Field(sa_type=BigInteger)
    credit_seq: int = Field(sa_type=BigInteger)
    credit_net_fen: int = Field(sa_type=BigInteger)


class Hold(Table, table=True):
    """Money promised and not yet moved: still in the balance, no longer available."""

    __table_args__ = (UniqueConstraint("county_code", "idem_key"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    account_id: int = Field(sa_type=BigInteger, foreign_key="funds.account.id")
    idem_key: str = Field(sa_type=Text)
    amount_fen: int = Field(sa_type=BigInteger)
    source: JournalSource = Field(sa_type=JournalSource.stored())
    source_id: UUID | None
    actor: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class HoldRelease(Table, table=True):
    __tablename__ = "hold_release"
    __table_args__ = (UniqueConstraint("hold_id", "idem_key"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    hold_id: UUID = Field(foreign_key="funds.hold.id")
    idem_key: str = Field(sa_type=Text)
    amount_fen: int = Field(sa_type=BigInteger)
    actor: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Seal(Table, table=True):
    """A hash over every journal up to a point, chained to the seal before."""

    county_code: str = Field(primary_key=True, sa_type=CHAR(6))
    number: int = Field(primary_key=True, sa_type=BigInteger)
    upto: str = Field(sa_type=Xid8)
    journals: int = Field(sa_type=BigInteger)
    lines: int | None = Field(sa_type=BigInteger)
    root: bytes | None
    previous: bytes | None
    hash: bytes
    actor: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class DayBalance(Table, table=True):
    """What an account held at the end of a day, by its entries up to `DayMark.seq`. Derived: written by `sum_days`."""

    __tablename__ = "day_balance"

    account_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="funds.account.id")
    effective_on: date = Field(primary_key=True)
    county_code: str = county()
    net_fen: int = Field(sa_type=BigInteger)
    debit_fen: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    entries: int = Field(sa_type=BigInteger)


class DayMark(Table, table=True):
    """Up to which of its entries an account's balances by day are summed."""

    __tablename__ = "day_mark"

    account_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="funds.account.id")
    county_code: str = county()
    seq: int = Field(sa_type=BigInteger)


class HandTotal(Table, table=True):
    """What one person moved by hand in a day. Written by `count_by_hand`, with the money."""

    __tablename__ = "hand_total"

    county_code: str = Field(primary_key=True, sa_type=CHAR(6))
    actor: str = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)
    amount_fen: int = Field(sa_type=BigInteger)


class Step(Table, table=True):
    """One change of state of a loan or a distribution: who, when, from where to where."""

    __table_args__ = (Index(None, "thing_id"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    thing: str = Field(max_length=32)
    thing_id: UUID
    from_state: str | None = Field(max_length=32)
    to_state: str = Field(max_length=32)
    actor: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
