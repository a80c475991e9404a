from fupin.codelists import CodeList


class DeclarationMode(CodeList):
    """申报表导入方式 / How a sheet of declarations is taken"""

    ALL_OR_NOTHING = "all_or_nothing", "有错则全部不导入", "Nothing when a row is bad"
    VALID_ROWS = "valid_rows", "只导入无错的行", "The good rows only"


class DeclarationState(CodeList):
    """申报表导入状态 / State of a sheet of declarations"""

    RECEIVED = "RECEIVED", "已接收", "Received"
    DONE = "DONE", "已完成", "Done"
    REFUSED = "REFUSED", "有错未导入", "Refused, nothing was changed"
    CHECKED = "CHECKED", "已校验未导入", "Checked only"


class DeclarationCellError(CodeList):
    """申报表错误 / What the library says against a cell of a declaration sheet"""

    DUPLICATE_ROW = "DUPLICATE_ROW", "与表中另一行的项目编号重复", "repeats the project number of another row"
    ENDS_BEFORE_START = "ENDS_BEFORE_START", "结束日期早于开始日期", "ends before it begins"
    OUTSIDE_DIVISION = "OUTSIDE_DIVISION", "不在您的行政区划内", "is outside your division"
    DAY_IN_FUTURE = "DAY_IN_FUTURE", "晚于今天", "is later than today"
    BAD_USCC = (
        "BAD_USCC",
        "不是校验码正确的统一社会信用代码",
        "is no unified social credit code with a right check digit",
    )
    UNKNOWN_ENTERPRISE = "UNKNOWN_ENTERPRISE", "未登记该经营主体", "names no enterprise that is recorded here"
    TARGET_INCOMPLETE = (
        "TARGET_INCOMPLETE",
        "绩效指标、目标值、单位须一并填写",
        "a target has a metric, a value and a unit",
    )
    METRIC_TWICE = "METRIC_TWICE", "同一绩效指标重复出现", "names the same metric twice"
    NUMBER_TAKEN = "NUMBER_TAKEN", "该项目编号在本县已被使用", "is the number of another project of the county"
    NOT_EDITABLE = (
        "NOT_EDITABLE",
        "项目已经县级审定，申报内容不得再修改",
        "is approved; its declaration no longer changes",
    )
    STAYS = (
        "STAYS",
        "与已申报的不同；申报后不得修改该项",
        "differs from what was declared, and is not changed afterwards",
    )
    DOUBLE_FUNDED = (
        "DOUBLE_FUNDED",
        "同一项目已申报，且同期使用同一财政资金来源",
        "is already declared, paid by the same public source at the same time",
    )
