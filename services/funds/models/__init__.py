"""Tables of the `funds` schema. All money is whole fen (1 yuan = 100 fen)."""

from fupin.db import kernel_tables
from services.funds.models.bank import BankLayout, BankLine, BankMatch, BankStatement
from services.funds.models.base import Table
from services.funds.models.distributions import (
    Distribution,
    DistributionLine,
    DistributionRule,
    Objection,
    ObjectionRuling,
    Payout,
    PostedLine,
)
from services.funds.models.ledger import (
    Account,
    Balance,
    DayBalance,
    DayMark,
    Hold,
    HoldRelease,
    Journal,
    Posting,
    Seal,
    Step,
)
from services.funds.models.loan_changes import LoanChange, LoanGuarantee, ReceiptReversal, Reminder
from services.funds.models.loans import Allocation, Instalment, Loan, Receipt

kernel_tables(Table.metadata)

__all__ = [
    "Account",
    "Allocation",
    "Balance",
    "BankLayout",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "DayBalance",
    "DayMark",
    "Distribution",
    "DistributionLine",
    "DistributionRule",
    "Hold",
    "HoldRelease",
    "Instalment",
    "Journal",
    "Loan",
    "LoanChange",
    "LoanGuarantee",
    "Objection",
    "ObjectionRuling",
    "Payout",
    "PostedLine",
    "Posting",
    "Receipt",
    "ReceiptReversal",
    "Reminder",
    "Seal",
    "Step",
    "Table",
]
