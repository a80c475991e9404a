from fupin.codelists import CodeList


class IncomeReportState(CodeList):
    """收益填报状态 / State of an income report"""

    KEPT = "KEPT", "无上缴", "Nothing to pay in"
    SENDING = "SENDING", "待入账", "On its way to the account"
    BOOKED = "BOOKED", "已入账", "Booked"
    REFUSED = "REFUSED", "被退回", "Refused by the account"
    CORRECTED = "CORRECTED", "已更正", "Replaced by its correction"
