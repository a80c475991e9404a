"""Tables of the `funds` schema. All money is whole fen (1 yuan = 100 fen)."""

from fupin.db import kernel_tables
from services.funds.models.appropriations import (
    AlarmRule,
    Appropriation,
    AppropriationEntry,
    AppropriationUse,
    CollectionDay,
)
from services.funds.models.bank import BankLayout, BankLine, BankMatch, BankStatement
from services.funds.models.base import Table
from services.funds.models.distributions import (
    Distribution,
    DistributionLine,
    DistributionRule,
    Objection,
    ObjectionRuling,
    PostedLine,
)
from services.funds.models.incomes import Income, TransferRequest
from services.funds.models.ledger import (
    Account,
    Balance,
    DayBalance,
    DayMark,
    HandTotal,
    Hold,
    HoldRelease,
    Journal,
    Posting,
    Seal,
    Step,
)
from services.funds.models.loan_changes import LoanChange, LoanGuarantee, ReceiptReversal, Reminder
from services.funds.models.loans import Allocation, Instalment, Loan, Receipt
from services.funds.models.notes import Note
from services.funds.models.payouts import (
    Payout,
    PayoutBatch,
    PayoutFile,
    PayoutLine,
    PayoutResult,
    PayoutTemplate,
    ReleasedLine,
)

kernel_tables(Table.metadata)

__all__ = [
    "Account",
    "AlarmRule",
    "Allocation",
    "Appropriation",
    "AppropriationEntry",
    "AppropriationUse",
    "Balance",
    "BankLayout",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "CollectionDay",
    "DayBalance",
    "DayMark",
    "Distribution",
    "DistributionLine",
    "DistributionRule",
    "HandTotal",
    "Hold",
    "HoldRelease",
    "Income",
    "Instalment",
    "Journal",
    "Loan",
    "LoanChange",
    "LoanGuarantee",
    "Note",
    "Objection",
    "ObjectionRuling",
    "Payout",
    "PayoutBatch",
    "PayoutFile",
    "PayoutLine",
    "PayoutResult",
    "PayoutTemplate",
    "PostedLine",
    "Posting",
    "Receipt",
    "ReceiptReversal",
    "ReleasedLine",
    "Reminder",
    "Seal",
    "Step",
    "Table",
    "TransferRequest",
]
