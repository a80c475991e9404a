"""Contracts, their schedules, and money received."""

from fupin.problems import Problem
from services.funds.problems.ledger import SamePerson


class LoanExists(Problem):
    """A contract with this number exists."""

    status = 409
    zh = "该合同编号已存在。"
    constraint = "uq_loan_county_code_loan_no"


class UnknownEnterprise(Problem):
    """The project service knows no enterprise with this id, or knows it by another name or credit code."""

    status = 422
    zh = "项目服务中没有该企业，或名称、统一社会信用代码不一致。"


class ReceiptExists(Problem):
    """This bank reference was booked before."""

    status = 409
    zh = "该银行流水号已入账。"
    constraint = "receipt_bank_reference"


class SameApprover(SamePerson):
    """Whoever proposed the change of a contract cannot approve it."""

    zh = "经办人不能审批本人提出的合同变更。"
    constraint = "ck_loan_change_two_persons"


class ChangeOutdated(Problem):
    """The principal owed is no longer what it was when the change was proposed; propose it anew."""

    status = 409
    zh = "所欠本金已与提出变更时不同，请重新提出。"


class NothingOwed(Problem):
    """No principal is owed on this contract."""

    status = 409
    zh = "该合同已无未还本金。"


class GuaranteeExists(Problem):
    """This document is recorded for this contract."""

    status = 409
    zh = "该合同已登记此担保文件。"
    constraint = "uq_loan_guarantee_loan_id_document"


class ReceiptUndone(Problem):
    """This receipt was undone before."""

    status = 409
    zh = "该收款已撤销。"
    constraint = "pk_receipt_reversal"


class ReceiptSuperseded(Problem):
    """A new schedule took over after this receipt; what it paid cannot be opened again."""

    status = 409
    zh = "该收款之后已重排还款计划，不能再撤销。"
