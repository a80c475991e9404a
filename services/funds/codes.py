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
    PENALTY = "PENALTY", "计收违约金", "Penalty accrued"
    WRITE_OFF = "WRITE_OFF", "借款核销", "Loan written off"
    APPROPRIATION = "APPROPRIATION", "专项资金到账", "Appropriation received"
    EXPENDITURE = "EXPENDITURE", "专项资金支出", "Appropriation spent or passed on"


class LoanKind(CodeList):
    """借款方式 / Kind of loan contract"""

    FIXED_CONTRIBUTION_BULLET = (
        "FIXED_CONTRIBUTION_BULLET",
        "定额上缴、到期一次还本",
        "Fixed contribution, principal at the end",
    )
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL", "等额本金", "Equal parts of the principal"
    EQUAL_INSTALMENT = "EQUAL_INSTALMENT", "等额本息", "Equal instalments"
    INTEREST_ONLY_BULLET = "INTEREST_ONLY_BULLET", "按期付息、到期还本", "Interest only, principal at the end"


class LoanState(CodeList):
    """借款状态 / State of a loan contract"""

    PROPOSED = "PROPOSED", "待审批", "Proposed"
    APPROVED = "APPROVED", "已审批", "Approved"
    REJECTED = "REJECTED", "已否决", "Rejected"
    DISBURSED = "DISBURSED", "已发放", "Disbursed"
    SETTLED = "SETTLED", "已结清", "Settled"
    WRITTEN_OFF = "WRITTEN_OFF", "已核销", "Written off"


class DayCount(CodeList):
    """计息天数规则 / Day count of interest"""

    ACT_365 = "ACT_365", "实际天数/365", "Days passed of 365"
    ACT_360 = "ACT_360", "实际天数/360", "Days passed of 360"
    THIRTY_360 = "THIRTY_360", "每月 30 天/360", "Months of 30 days of 360"


class PaymentPart(CodeList):
    """核销顺序项 / What a payment pays, in the contract's order"""

    OVERDUE_CONTRIBUTION = "OVERDUE_CONTRIBUTION", "逾期上缴与利息", "Overdue contribution or interest"
    CURRENT_CONTRIBUTION = "CURRENT_CONTRIBUTION", "当期上缴与利息", "Contribution or interest of this period"
    PENALTY = "PENALTY", "违约金", "Penalty"
    OVERDUE_PRINCIPAL = "OVERDUE_PRINCIPAL", "逾期本金", "Overdue principal"
    CURRENT_PRINCIPAL = "CURRENT_PRINCIPAL", "当期本金", "Principal of this period"


class LoanChangeKind(CodeList):
    """合同变更类别 / Kind of change to a loan contract"""

    RESCHEDULE = "RESCHEDULE", "展期或重排还款计划", "New schedule"
    WRITE_OFF = "WRITE_OFF", "核销", "Write-off"


class LoanChangeState(CodeList):
    """合同变更状态 / State of a change to a loan contract"""

    PROPOSED = "PROPOSED", "待审批", "Proposed"
    APPROVED = "APPROVED", "已审批", "Approved"
    REJECTED = "REJECTED", "已否决", "Rejected"


class OverdueBucket(CodeList):
    """逾期档次 / How long money is overdue"""

    DAYS_1_30 = "DAYS_1_30", "逾期 1 至 30 天", "1 to 30 days"
    DAYS_31_90 = "DAYS_31_90", "逾期 31 至 90 天", "31 to 90 days"
    DAYS_91_180 = "DAYS_91_180", "逾期 91 至 180 天", "91 to 180 days"
    DAYS_OVER_180 = "DAYS_OVER_180", "逾期 180 天以上", "More than 180 days"


class ReminderKind(CodeList):
    """催收提醒类别 / Kind of reminder"""

    DUE_SOON = "DUE_SOON", "即将到期", "Due soon"
    OVERDUE = "OVERDUE", "已逾期", "Overdue"


class StatementFormat(CodeList):
    """对账单格式 / Format of a bank statement"""

    CSV = "CSV", "CSV 表格", "CSV"
    XLSX = "XLSX", "Excel 工作簿", "Excel workbook"
    MT940 = "MT940", "MT940 报文", "SWIFT MT940"


class BankLineState(CodeList):
    """流水核对状态 / Whether a bank line is matched"""

    UNMATCHED = "UNMATCHED", "未匹配", "Unmatched"
    MATCHED = "MATCHED", "已匹配", "Matched"
    OUTGOING = "OUTGOING", "付款流水", "Money out, not a receipt"


class MatchReason(CodeList):
    """匹配依据 / Why a bank line fits"""

    AMOUNT = "AMOUNT", "金额等于未付款项", "The amount is what is open"
    DAY = "DAY", "日期在到期日前后五天内", "Within five days of the due day"
    MONTH = "MONTH", "日期在到期日前后三十天内", "Within thirty days of the due day"
    PAYER = "PAYER", "付款人即借款企业", "The payer is the enterprise"
    PAYER_LIKE = "PAYER_LIKE", "付款人名称包含借款企业名称", "The payer's name contains the enterprise's, or is in it"
    LOAN_NUMBER = "LOAN_NUMBER", "附言含合同编号", "The text names the contract"
    REFERENCE = "REFERENCE", "银行流水号相同", "The same bank reference"


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
    INTEREST = "INTEREST", "利息", "Interest"
    PENALTY = "PENALTY", "违约金", "Penalty"


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
    SENT = "SENT", "代发中", "With the bank"
    RETURNED = "RETURNED", "退回", "Returned by the bank"
    RELEASED = "RELEASED", "退回账户", "Given back to the shared account"
    PAID = "PAID", "已发放", "Paid"
    NOTHING = "NOTHING", "无份额", "Nothing due"


class PayoutOutcome(CodeList):
    """发放结果 / Outcome of a payout"""

    PAID = "PAID", "成功", "Paid"
    RETURNED = "RETURNED", "退回", "Returned"


class PayoutFormat(CodeList):
    """代发文件格式 / Format of a payout file"""

    CSV = "CSV", "CSV 表格", "CSV"
    XLSX = "XLSX", "Excel 工作簿", "Excel workbook"


class PayoutField(CodeList):
    """代发文件栏目 / What a column of a payout file holds"""

    NUMBER = "NUMBER", "序号", "Number of the line"
    HOUSEHOLD_NO = "HOUSEHOLD_NO", "户编号", "Household number"
    HOLDER = "HOLDER", "户名", "Holder of the account"
    ACCOUNT = "ACCOUNT", "账号", "Account"
    YUAN = "YUAN", "金额（元）", "Amount in yuan"
    FEN = "FEN", "金额（分）", "Amount in fen"
    TEXT = "TEXT", "固定文字", "The same text in every row"


class PayoutBatchState(CodeList):
    """代发批次状态 / State of a payout batch"""

    MADE = "MADE", "待制作代发文件", "No file yet"
    SENT = "SENT", "代发中", "With the bank"
    ANSWERED = "ANSWERED", "已回盘", "Answered by the bank"


class PayeeFault(CodeList):
    """不能代发的原因 / Why a household cannot be paid"""

    GONE = "GONE", "已不在册", "No longer in the register"
    NO_HOLDER = "NO_HOLDER", "无户主", "No head of household"
    NO_ACCOUNT = "NO_ACCOUNT", "无账号", "No bank account"


class AppropriationLevel(CodeList):
    """资金级次 / Level of government that appropriates"""

    CENTRAL = "CENTRAL", "中央", "Central"
    PROVINCIAL = "PROVINCIAL", "省级", "Provincial"
    CITY = "CITY", "市级", "City"
    COUNTY = "COUNTY", "县级", "County"


class UseKind(CodeList):
    """资金用途类别 / What an appropriation is used for"""

    LOAN = "LOAN", "借给企业", "Lent to an enterprise"
    PROJECT = "PROJECT", "项目建设", "A project"
    DISTRIBUTION = "DISTRIBUTION", "分配到户", "Distributed to households"


class Decision(CodeList):
    """审批状态 / What a second person decided"""

    PROPOSED = "PROPOSED", "待审批", "Proposed"
    APPROVED = "APPROVED", "已审批", "Approved"
    REJECTED = "REJECTED", "已否决", "Rejected"


class EntryKind(CodeList):
    """资金变动类别 / What happened to an appropriation's money"""

    RECEIVED = "RECEIVED", "到账", "Received"
    SPENT = "SPENT", "支出", "Spent"
    TRANSFERRED = "TRANSFERRED", "转入共享账户", "Passed on to the shared account"


class AlarmKind(CodeList):
    """资金滞留预警类别 / Why money is stalled"""

    NOT_RECEIVED = "NOT_RECEIVED", "逾期未到账", "Not received in time"
    IDLE = "IDLE", "到账后闲置", "Received and lying idle"
    BEHIND = "BEHIND", "支出进度滞后", "Expenditure behind schedule"


CODE_LISTS = (
    AccountKind,
    JournalSource,
    LoanKind,
    LoanState,
    DayCount,
    PaymentPart,
    LoanChangeKind,
    LoanChangeState,
    OverdueBucket,
    ReminderKind,
    StatementFormat,
    BankLineState,
    MatchReason,
    Guarantee,
    InstalmentKind,
    InstalmentStatus,
    ReceiptKind,
    DistributionState,
    ShareBound,
    LineStatus,
    PayoutOutcome,
    AppropriationLevel,
    UseKind,
    Decision,
    EntryKind,
    AlarmKind,
    PayoutFormat,
    PayoutField,
    PayoutBatchState,
    PayeeFault,
)
