"""Code lists of `funds`."""

from fupin.codelists import CodeList


class AccountKind(CodeList):
    """科目类别 / Kind of account"""

    ASSET = "ASSET", "资产", "Asset"
    LIABILITY = "LIABILITY", "负债", "Liability"
    EQUITY = "EQUITY", "净资产", "Fund or equity"
    INCOME = "INCOME", "收入", "Income"
    EXPENSE = "EXPENSE", "支出", "Expense"


class JournalSource(CodeList):
    """凭证来源 / What a journal records"""

    TRANSFER = "TRANSFER", "手工转账", "Transfer by hand"
    REVERSAL = "REVERSAL", "红字冲销", "Reversal"
    LOAN = "LOAN", "借款发放", "Loan disbursed"
    RECEIPT = "RECEIPT", "收款", "Receipt"
    DISTRIBUTION = "DISTRIBUTION", "收益分配", "Distribution"
    PAYOUT = "PAYOUT", "发放到户", "Payout to households"


class LoanKind(CodeList):
    """借款方式 / Kind of loan contract"""

    FIXED_CONTRIBUTION_BULLET = (
        "FIXED_CONTRIBUTION_BULLET",
        "定额上缴、到期一次还本",
        "Fixed contribution, principal at the end",
    )


class LoanState(CodeList):
    """借款状态 / State of a loan contract"""

    PROPOSED = "PROPOSED", "待审批", "Proposed"
    APPROVED = "APPROVED", "已审批", "Approved"
    REJECTED = "REJECTED", "已否决", "Rejected"
    DISBURSED = "DISBURSED", "已发放", "Disbursed"
    SETTLED = "SETTLED", "已结清", "Settled"


class Guarantee(CodeList):
    """担保方式 / Guarantee of a loan"""

    NONE = "NONE", "无担保", "None"
    MORTGAGE = "MORTGAGE", "抵押", "Mortgage"
    PLEDGE = "PLEDGE", "质押", "Pledge"
    GUARANTOR = "GUARANTOR", "保证人", "Guarantor"


class InstalmentKind(CodeList):
    """分期款项类别 / Kind of instalment"""

    CONTRIBUTION = "CONTRIBUTION", "上缴收益", "Contribution"
    PRINCIPAL = "PRINCIPAL", "还本", "Principal"


class InstalmentStatus(CodeList):
    """分期款项状态 / Status of an instalment on a day"""

    UPCOMING = "UPCOMING", "未到期", "Upcoming"
    DUE = "DUE", "当日到期", "Due today"
    OVERDUE = "OVERDUE", "逾期", "Overdue"
    PAID = "PAID", "已付清", "Paid"


class ReceiptKind(CodeList):
    """收款类别 / Kind of receipt"""

    LOAN_PAYMENT = "LOAN_PAYMENT", "企业上缴与还本", "Payment on a loan"
    DONATION = "DONATION", "社会捐赠", "Donation"
    PV = "PV", "光伏收益", "Photovoltaic income"
    DIVIDEND = "DIVIDEND", "入股分红", "Dividend"
    OTHER = "OTHER", "其他收入", "Other income"


class DistributionState(CodeList):
    """分配状态 / State of a distribution"""

    DRAFT = "DRAFT", "草案", "Draft"
    SNAPSHOT = "SNAPSHOT", "名单已冻结", "Needs frozen"
    APPROVED = "APPROVED", "已审批", "Approved"
    NOTICED = "NOTICED", "公示中", "On public notice"
    POSTED = "POSTED", "已入账", "Posted"
    PAID = "PAID", "已发放", "Paid"
    CLOSED = "CLOSED", "已办结", "Closed"
    CANCELLED = "CANCELLED", "已取消", "Cancelled"


class ShareBound(CodeList):
    """份额限额 / Limit that decided a share"""

    FLOOR = "FLOOR", "最低额", "Floor"
    CAP = "CAP", "最高额", "Cap"


class LineStatus(CodeList):
    """分配明细状态 / Status of a household's line"""

    OPEN = "OPEN", "待入账", "Open"
    FROZEN = "FROZEN", "异议冻结", "Frozen by an objection"
    EXCLUDED = "EXCLUDED", "异议成立", "Excluded, objection upheld"
    POSTED = "POSTED", "待发放", "Posted"
    RETURNED = "RETURNED", "退回", "Returned by the bank"
    PAID = "PAID", "已发放", "Paid"
    NOTHING = "NOTHING", "无份额", "Nothing due"


class PayoutOutcome(CodeList):
    """发放结果 / Outcome of a payout"""

    PAID = "PAID", "成功", "Paid"
    RETURNED = "RETURNED", "退回", "Returned"


CODE_LISTS = (
    AccountKind,
    JournalSource,
    LoanKind,
    LoanState,
    Guarantee,
    InstalmentKind,
    InstalmentStatus,
    ReceiptKind,
    DistributionState,
    ShareBound,
    LineStatus,
    PayoutOutcome,
)
