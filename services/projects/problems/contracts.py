from fupin.problems import Problem


class DaysBackwards(Problem):
    """A step of procurement cannot be dated before the one it rests on."""

    status = 409
    zh = "采购环节的日期不得早于其所依据的上一环节。"
    constraint = "procurement_days_ascend"


class NoSuchAward(Problem):
    """A contract is signed only on an award."""

    status = 409
    zh = "未定标的不得签订合同。"
    constraint = "fk_contract_award_id"


class ContractSigned(Problem):
    """The contract on this award is already signed."""

    status = 409
    zh = "该中标结果已签订合同。"
    constraint = "uq_contract_award_id"


class ContractNumberTaken(Problem):
    """The county has already given this contract number to another contract."""

    status = 409
    zh = "该合同编号在本县已被使用。"
    constraint = "uq_contract_county_code_contract_no"


class OverBudget(Problem):
    """The project's contracts would exceed its budget; an amendment may, if it names the approval of the budget."""

    status = 409
    zh = "项目合同总额将超过项目预算；变更合同须注明预算调整批复文号。"
    constraint = "contract_within_budget"


class MoreThanContracted(Problem):
    """The payments on a contract would exceed its price."""

    status = 409
    zh = "合同付款总额将超过合同价款。"
    constraint = "contract_payment_within_contract"


class PaymentTaken(Problem):
    """One of these expenditures is already recorded on a contract."""

    status = 409
    zh = "其中的支出已记入合同。"
    constraint = "uq_contract_payment_entry_id"


class NotAPayment(Problem):
    """Some of these entries of the county's books are not expenditures for this project, or were undone."""

    status = 409
    zh = "其中的记录不是本项目的支出，或已被冲销。"


class CountyBooks(Problem):
    """Payments stand in the county's books, which are shown to those who act for the whole county."""

    status = 403
    zh = "付款记录属于县级账目，仅向县级人员提供。"
