from fupin.codelists import CodeList


class Severity(CodeList):
    """问题程度 / Severity of a quality rule"""

    ERROR = "ERROR", "错误", "Error: it cannot be so"
    WARNING = "WARNING", "疑点", "Warning: it is probably not so"
    NOTICE = "NOTICE", "提示", "Notice: worth a look"


class FindingState(CodeList):
    """疑点状态 / State of a quality finding"""

    OPEN = "OPEN", "待处理", "Open"
    EXCUSED = "EXCUSED", "已说明", "Excused, with a reason"
    CLOSED = "CLOSED", "已消除", "No longer found"
