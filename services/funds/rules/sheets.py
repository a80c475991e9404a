"""The words of what is printed, and how money is written there."""

WORDS: dict[str, tuple[str, str]] = {
    "statement": ("账户对账单", "Statement of account"),
    "beginning": ("开立", "opening"),
    "account": ("科目", "Account"),
    "kind": ("类别", "Kind"),
    "opening": ("期初余额", "Opening balance"),
    "closing": ("期末余额", "Closing balance"),
    "yuan": ("元", "yuan"),
    "entry": ("分录号", "Entry"),
    "date": ("日期", "Date"),
    "source": ("来源", "Source"),
    "counter": ("对方科目", "Counter account"),
    "debit": ("借方（元）", "Debit (yuan)"),
    "credit": ("贷方（元）", "Credit (yuan)"),
    "balance": ("余额（元）", "Balance (yuan)"),
    "total": ("合计", "Total"),
    "maker": ("经办", "Made by"),
    "checker": ("复核", "Checked by"),
    "printed": ("打印日期", "Printed on"),
    "seal": ("账簿封签", "Seal of the ledger"),
    "unsealed": ("账簿尚未封签。", "The ledger is not sealed yet."),
    "verify": (
        "核验：任何持有账簿导出文件者运行 fupin verify-ledger，重算出的封签值与批次校验值须与以上一致。",
        "To verify: run fupin verify-ledger on an export of the ledger; the seal and hash it reckons are those above.",
    ),
    "notice": ("扶贫资金收益分配公示表", "Public notice of a distribution by need"),
    "pot": ("分配总额", "Pot"),
    "households": ("全市户数", "Households in all"),
    "need_on": ("需求日期", "Needs as of"),
    "period": ("公示期", "On notice"),
    "not_yet": ("尚未公示", "not yet on notice"),
    "rule": ("分配规则", "Rule"),
    "revision": ("修订", "revision"),
    "per_person": ("每人", "a person"),
    "per_income_gap": ("收入缺口", "income gap"),
    "per_ill": ("患病", "illness"),
    "per_disabled": ("残疾", "disability"),
    "per_student": ("学生", "a student"),
    "no_able_labour": ("无劳动力", "no able labour"),
    "shares": ("份额按分值比例计算，尾差按最大余数法分至分。", "Shares are in proportion to points, to the last fen."),
    "line": ("序号", "No."),
    "household_no": ("户编号", "Household"),
    "head": ("户主", "Head"),
    "persons": ("人口", "Persons"),
    "share": ("金额（元）", "Amount (yuan)"),
    "objections": (
        "公示期内，任何人如有异议，可向村民委员会、乡镇人民政府或市财政局提出；有异议的户，款项冻结至裁定之日。",
        "Until it ends anyone may object: to the village, the town, the finance bureau. Such a line's money is frozen.",
    ),
    "batch": ("本次分配校验值（SHA-256）", "Hash of this distribution (SHA-256)"),
}


def words(zh: bool) -> dict[str, str]:
    return {name: said[0 if zh else 1] for name, said in WORDS.items()}


def yuan(fen: int) -> str:
    """
    >>> yuan(72_000_005), yuan(-1)
    ('720,000.05', '-0.01')
    """
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02}"
