"""Bank statements and what they are matched with."""

from fupin.problems import Problem


class StillMatched(Problem):
    """This receipt is matched to a line of the bank's statement; undo the match."""

    status = 409
    zh = "该收款已与银行流水匹配，请先撤销匹配。"


class LayoutExists(Problem):
    """A layout with this name exists."""

    status = 409
    zh = "已存在同名的对账单格式。"
    constraint = "uq_bank_layout_county_code_name"


class UnknownLayout(Problem):
    """There is no such layout; a CSV or XLSX statement names one."""

    status = 422
    zh = "没有该对账单格式；CSV 或 XLSX 对账单须指定格式。"


class StatementImported(Problem):
    """This file was imported before."""

    status = 409
    zh = "该对账单文件已导入。"
    constraint = "uq_bank_statement_county_code_digest"


class StatementUnreadable(Problem):
    """The file is not a bank statement of this format, is empty or is too large."""

    status = 422
    zh = "该文件不是此格式的对账单、为空或过大。"


class BadStatement(Problem):
    """Some rows of the statement are wrong; nothing was imported. `errors` names every one."""

    status = 422
    zh = "对账单有错误行，未导入任何内容；errors 中列出了每一处。"


class LineKnown(Problem):
    """A bank reference was imported before with another day, amount or payer."""

    status = 409
    zh = "同一银行流水号已以不同内容导入。"
    constraint = "uq_bank_line_county_code_reference"


class LineMatched(Problem):
    """This bank line is matched already."""

    status = 409
    zh = "该流水已匹配。"
    constraint = "uq_bank_match_line_id"


class ReceiptMatched(Problem):
    """This receipt is matched to another bank line."""

    status = 409
    zh = "该收款已与其他流水匹配。"
    constraint = "uq_bank_match_receipt_id"


class DoesNotFit(Problem):
    """The line is money out, or the receipt is undone or of another amount or day."""

    status = 409
    zh = "该流水为付款，或收款已撤销，或金额、日期不一致。"


class NotMatched(Problem):
    """This bank line is not matched."""

    status = 409
    zh = "该流水尚未匹配。"
