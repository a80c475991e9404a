"""The chart of accounts (会计科目) that every county has."""

from typing import NamedTuple
from uuid import UUID

from services.funds.codes import AccountKind, ReceiptKind


class Standard(NamedTuple):
    code: str
    name: str
    kind: AccountKind
    managed: bool  # posted to by documents only
    min_fen: int | None = 0  # None: may be overdrawn


BANK = "bank"
SHARED = "shared"
PAYABLE = "payable"
TRANSIT = "payable.transit"
APPROPRIATION = "appropriation"
CONTRIBUTION = "income.contribution"
INTEREST = "income.interest"
PENALTY = "income.penalty"
WRITE_OFF = "expense.write-off"

# A contribution is the enterprise's share of what the money earned, booked as such and not as interest.
INCOME = {
    ReceiptKind.DONATION: "income.donation",
    ReceiptKind.PV: "income.pv",
    ReceiptKind.DIVIDEND: "income.dividend",
    ReceiptKind.OTHER: "income.other",
}

CHART = (
    Standard(BANK, "银行存款", AccountKind.ASSET, managed=False),
    Standard(SHARED, "扶贫项目共享资金账户", AccountKind.EQUITY, managed=False),
    Standard(APPROPRIATION, "财政专项扶贫资金拨款", AccountKind.EQUITY, managed=False),
    Standard(PAYABLE, "应付贫困户款", AccountKind.LIABILITY, managed=True),
    Standard(TRANSIT, "代发在途款", AccountKind.LIABILITY, managed=True),
    Standard(CONTRIBUTION, "企业上缴收益", AccountKind.INCOME, managed=True),
    Standard(INCOME[ReceiptKind.DONATION], "捐赠收入", AccountKind.INCOME, managed=True),
    Standard(INCOME[ReceiptKind.PV], "光伏收益", AccountKind.INCOME, managed=True),
    Standard(INCOME[ReceiptKind.DIVIDEND], "入股分红", AccountKind.INCOME, managed=True),
    Standard(INCOME[ReceiptKind.OTHER], "其他收入", AccountKind.INCOME, managed=True),
    Standard(INTEREST, "利息收入", AccountKind.INCOME, managed=True),
    Standard(PENALTY, "违约金收入", AccountKind.INCOME, managed=True),
    Standard(WRITE_OFF, "借款核销损失", AccountKind.EXPENSE, managed=True),
)


def loan_account(loan_no: str, enterprise: str) -> Standard:
    """What an enterprise owes of the principal (应收企业借款)."""
    return Standard(f"loan.{loan_no.lower()}", f"应收借款 {enterprise}", AccountKind.ASSET, managed=True)


def credit_account(loan_no: str, enterprise: str) -> Standard:
    """What an enterprise has paid ahead (预收企业款)."""
    return Standard(f"credit.{loan_no.lower()}", f"预收款 {enterprise}", AccountKind.LIABILITY, managed=True)


def penalty_account(loan_no: str, enterprise: str) -> Standard:
    """Penalties that an enterprise owes (应收违约金)."""
    return Standard(f"penalty.{loan_no.lower()}", f"应收违约金 {enterprise}", AccountKind.ASSET, managed=True)


def appropriation_account(appropriation_id: UUID, document_no: str) -> Standard:
    """What is left of an appropriation (专项资金结余): received, less what was spent or passed on."""
    return Standard(f"{APPROPRIATION}.{appropriation_id}", f"专项资金 {document_no}", AccountKind.EQUITY, managed=True)
