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


class CellError(CodeList):
    """单元格错误 / Cell error"""

    REQUIRED = "REQUIRED", "必填，不能为空", "must not be empty"
    TOO_LONG = "TOO_LONG", "文字过长", "is too long"
    BAD_CHARACTER = "BAD_CHARACTER", "含有不可见的控制字符", "holds an invisible control character"
    FORMULA_FAILED = "FORMULA_FAILED", "公式出错（如 #N/A），请填写数值", "is a failed formula; write the value"
    NOT_A_NUMBER = "NOT_A_NUMBER", "不是数字", "is not a number"
    NOT_WHOLE = "NOT_WHOLE", "必须是整数", "must be a whole number"
    OUT_OF_RANGE = "OUT_OF_RANGE", "超出允许范围", "is out of range"
    FRACTION_OF_FEN = "FRACTION_OF_FEN", "金额最多到分（两位小数）", "has more than two decimals"
    TOO_MANY_DECIMALS = "TOO_MANY_DECIMALS", "小数位数过多", "has too many decimals"
    NOT_A_DATE = "NOT_A_DATE", "不是日期，请写成 2018-05-17", "is not a date; write 2018-05-17"
    MONTH_ONLY = "MONTH_ONLY", "只有年月，缺少日", "names a month, not a day"
    NOT_YES_OR_NO = "NOT_YES_OR_NO", "请填“是”或“否”", "must be yes (是) or no (否)"
    NOT_IN_LIST = "NOT_IN_LIST", "不在代码表内", "is not in the code list"
    TOO_MANY_CODES = "TOO_MANY_CODES", "选项过多或重复", "names too many codes, or one twice"
    SCIENTIFIC_NOTATION = (
        "SCIENTIFIC_NOTATION",
        "被表格软件改成了科学计数法，末几位已丢失，请将该列设为文本后重新填写",
        "was turned into scientific notation and has lost digits; format the column as text, write it again",
    )
    ID_LENGTH = "ID_LENGTH", "公民身份号码须为18位", "an ID number has 18 characters"
    ID_FIFTEEN = "ID_FIFTEEN", "是15位旧号码，请填写18位公民身份号码", "is an old 15-digit number; write all 18"
    ID_CHARACTERS = "ID_CHARACTERS", "公民身份号码只能含数字，末位可为X", "an ID number is digits, the last may be X"
    ID_CHECK_DIGIT = "ID_CHECK_DIGIT", "公民身份号码校验位不符（GB 11643）", "has a wrong check digit (GB 11643)"
    ID_BIRTH_DATE = "ID_BIRTH_DATE", "公民身份号码中的出生日期不存在", "the birth date in the ID number does not exist"
    ID_DIVISION = "ID_DIVISION", "公民身份号码的地址码不存在", "the ID number's division code does not exist"
    NOT_A_DIVISION_CODE = "NOT_A_DIVISION_CODE", "行政区划代码须为12位数字", "a division code is 12 digits"
    NOT_A_PHONE = "NOT_A_PHONE", "不是电话号码", "is not a telephone number"
    NOT_AN_ACCOUNT = "NOT_AN_ACCOUNT", "不是银行账号（8至30位数字）", "is not a bank account (8 to 30 digits)"
    NOT_A_CERTIFICATE = "NOT_A_CERTIFICATE", "残疾人证号须为20位", "a disability certificate has 20 characters"
    DISAGREES = "DISAGREES", "与同一户其他行的该列不一致", "disagrees with another row of the same household"
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


def words(error: CellError, named: str | None) -> tuple[str, str]:
    """
    What a person reads, in Chinese and in English, with what should stand in the cell where the registry knows it.

    >>> words(CellError.DIVISION_ENDED, "230882101203 永胜村")[1]
    'was merged; write the division it became: 230882101203 永胜村'
    """
    return (f"{error.zh}：{named}", f"{error.en}: {named}") if named else (error.zh, error.en)
