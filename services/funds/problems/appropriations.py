"""Money granted, its uses, and other income."""

from fupin.problems import Problem
from services.funds.problems.ledger import SamePerson


class AppropriationExists(Problem):
    """An appropriation with this document number is recorded."""

    status = 409
    zh = "该指标文号已登记。"
    constraint = "uq_appropriation_county_code_document_no"


class MoreThanGranted(Problem):
    """More would be received, planned or spent than was granted."""

    status = 409
    zh = "到账、安排或支出金额将超过下达金额。"
    constraint = "appropriation_exceeded"


class MoreThanPrincipal(Problem):
    """More would be planned for this loan than its principal."""

    status = 409
    zh = "安排给该借款的资金将超过借款本金。"
    constraint = "appropriation_loan_exceeded"


class UseNotApproved(Problem):
    """Money is spent only for a use that a second person approved."""

    status = 409
    zh = "该用途尚未经第二人审批，不能支出。"
    constraint = "appropriation_use_open"


class SameUseApprover(SamePerson):
    """Whoever proposed the use cannot approve it."""

    zh = "经办人不能审批本人提出的资金安排。"
    constraint = "ck_appropriation_use_two_persons"


class UnknownProject(Problem):
    """The project library has no such project."""

    status = 422
    zh = "项目库中没有该项目。"


class PaidByLoan(Problem):
    """Money planned for a loan leaves when the loan is disbursed, and comes back as its principal."""

    status = 409
    zh = "安排给借款的资金随借款发放支出，不能单独支出或撤销。"


class AlarmRuleExists(Problem):
    """An alarm rule with this name exists."""

    status = 409
    zh = "已存在同名的预警规则。"
    constraint = "uq_alarm_rule_county_code_name"


class NoDonation(Problem):
    """This receipt is no donation, or was undone; there is nothing to certify."""

    status = 409
    zh = "该收款不是捐赠或已撤销，不能出具捐赠票据。"
