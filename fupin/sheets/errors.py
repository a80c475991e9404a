"""What may be wrong with a cell, whatever the file is about."""

from collections.abc import Iterable

from fupin.codelists import CodeList


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
    DISAGREES = (
        "DISAGREES",
        "与同一户（组）其他行的该列不一致",
        "disagrees with another row of the same group",
    )


def words(code: str, named: str | None, lists: Iterable[type[CodeList]] = (CellError,)) -> tuple[str, str]:
    """
    What a person reads of an error of these lists, in Chinese and in English; `named` is what should stand there.

    >>> words("NOT_A_NUMBER", None)
    ('不是数字', 'is not a number')
    """
    error = next(found[code] for found in lists if code in found.__members__)
    return (f"{error.zh}：{named}", f"{error.en}: {named}") if named else (error.zh, error.en)
