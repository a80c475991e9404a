from fupin.codelists import CodeList


class ImportKind(CodeList):
    """导入类别 / Kind of import"""

    DIVISIONS = "DIVISIONS", "行政区划", "Divisions"
    HOUSEHOLDS = "HOUSEHOLDS", "住户及家庭成员", "Households with their members"
    PATHWAYS = "PATHWAYS", "脱贫路径", "Pathways"
    HELPERS = "HELPERS", "帮扶干部", "Helpers"
    GUARANTEES = "GUARANTEES", "两不愁三保障核查", "Guarantee checks"


class ImportMode(CodeList):
    """导入方式 / Mode of an import"""

    ALL_OR_NOTHING = "all_or_nothing", "有错则全部不导入", "Nothing when a row is bad"
    VALID_ROWS = "valid_rows", "只导入无错的行", "The good rows only"


class ImportState(CodeList):
    """导入状态 / State of an import"""

    RECEIVED = "RECEIVED", "已接收", "Received"
    DONE = "DONE", "已完成", "Done"
    REFUSED = "REFUSED", "有错未导入", "Refused, nothing was changed"
    CHECKED = "CHECKED", "已校验未导入", "Checked only"


class ReviewKind(CodeList):
    """待核事项 / What a person should look at"""

    SAME_ID_NUMBER = "SAME_ID_NUMBER", "同一公民身份号码出现在两户", "The same ID number in two households"
    SAME_PERSON = "SAME_PERSON", "同村同名且出生日期相同", "Same name and birth date in one village"


class ReviewDecision(CodeList):
    """待核结论 / What a person found"""

    ONE_PERSON = "ONE_PERSON", "系同一人", "One person, registered twice"
    TWO_PERSONS = "TWO_PERSONS", "确为两人", "Two persons"
    WRONG_NUMBER = "WRONG_NUMBER", "证件号码或出生日期录入错误", "A number or birth date was written down wrongly"


class RecordError(CodeList):
    """登记错误 / What the register says against a row"""

    DUPLICATE_ROW = "DUPLICATE_ROW", "与文件中另一行重复", "repeats another row of the file"
    UNKNOWN_HOUSEHOLD = "UNKNOWN_HOUSEHOLD", "没有这一户，或不在您的行政区划内", "names no household of your division"
    UNKNOWN_DIVISION = "UNKNOWN_DIVISION", "没有这个行政区划", "there is no such division"
    DIVISION_ENDED = (
        "DIVISION_ENDED",
        "该行政区划已撤并，请填写其并入的行政区划",
        "was merged; write the division it became",
    )
    OUTSIDE_DIVISION = "OUTSIDE_DIVISION", "不在您的行政区划内", "is outside your division"
    WRONG_LEVEL = "WRONG_LEVEL", "级别与代码或上级不符", "does not fit the code or the parent"
    NOT_A_VILLAGE = "NOT_A_VILLAGE", "住户须属于村级行政区划", "a household belongs to a village"
    ENDS_BEFORE_START = "ENDS_BEFORE_START", "结束日期早于开始日期", "ends before it begins"
    OVERLAPS = "OVERLAPS", "与已有记录的起止日期重叠", "overlaps a record already held"
    STATUS_BY_PROCEDURE = (
        "STATUS_BY_PROCEDURE",
        "与登记的户状态不同；状态变更须按程序办理，不能通过导入修改",
        "differs from the registered status; a status changes by its procedure, not by an import",
    )
    MOVES_BY_PROCEDURE = (
        "MOVES_BY_PROCEDURE",
        "与登记的行政区划不同；迁移须按程序办理，不能通过导入修改",
        "differs from the registered village; a household moves by its procedure, not by an import",
    )
    ID_IN_TWO_HOUSEHOLDS = (
        "ID_IN_TWO_HOUSEHOLDS",
        "该证件号码也登记在另一户，已列为待核事项",
        "also stands in another household; a person has to look (see the review items)",
    )
    NO_HEAD = "NO_HEAD", "该户没有户主", "the household has no head"
    TWO_HEADS = "TWO_HEADS", "该户有多个户主", "the household has more than one head"
    REFUSED = "REFUSED", "登记规则不接受该行", "the registry's rules do not accept this row"
