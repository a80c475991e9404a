from fupin.codelists import CodeList


class AdjustmentState(CodeList):
    """动态调整状态 / State of an adjustment of the library"""

    DRAFTED = "DRAFTED", "拟定", "Drafted"
    REVIEWED = "REVIEWED", "审核", "Reviewed"
    NOTICED = "NOTICED", "公示", "Public notice"
    APPLIED = "APPLIED", "已调整", "Applied"
    CANCELLED = "CANCELLED", "取消", "Cancelled"


class AdjustmentChange(CodeList):
    """调整方式 / What an adjustment does to a project"""

    ADMIT = "ADMIT", "入库", "Admit"
    WITHDRAW = "WITHDRAW", "出库", "Withdraw"
    CHANGE = "CHANGE", "变更", "Change"


class AdjustmentOutcome(CodeList):
    """调整结果 / What became of one project of an adjustment"""

    APPLIED = "APPLIED", "已调整", "Applied"
    HELD_BACK = "HELD_BACK", "暂缓", "Held back"
    CANCELLED = "CANCELLED", "取消", "Cancelled with its adjustment"
