from fupin.codelists import CodeList


class FactType(CodeList):
    """事实类型 / Type of a household fact"""

    INTEGER = "INTEGER", "整数", "Whole number"
    TEXT = "TEXT", "文本或代码", "Text or code"
    BOOLEAN = "BOOLEAN", "是否", "Yes or no"


class FactUnit(CodeList):
    """计量单位 / Unit of a household fact"""

    NONE = "NONE", "无", "None"
    FEN = "FEN", "分", "Fen (1 yuan = 100 fen)"
    PERSON = "PERSON", "人", "Persons"
    ITEM = "ITEM", "项", "Items"
    DAY = "DAY", "天", "Days"
    YEAR = "YEAR", "年", "Year"


class RuleState(CodeList):
    """规则状态 / State of an eligibility rule"""

    DRAFT = "DRAFT", "草案", "Draft"
    IN_FORCE = "IN_FORCE", "生效", "In force, from one day to another"
    WITHDRAWN = "WITHDRAWN", "撤回", "Draft withdrawn"


class RuleMeets(CodeList):
    """条款关系 / How the clauses of a rule decide together"""

    ALL = "ALL", "须全部满足", "Every clause must hold"
    ANY = "ANY", "满足其一即可", "One clause is enough; the first that holds is named"


class Eligibility(CodeList):
    """认定结果 / Outcome of a decision"""

    ELIGIBLE = "ELIGIBLE", "符合", "Eligible"
    NOT_ELIGIBLE = "NOT_ELIGIBLE", "不符合", "Not eligible"
    UNKNOWN = "UNKNOWN", "资料不足", "Unknown: a fact that matters is missing"


class ExpressionError(CodeList):
    """表达式错误 / What is wrong with an expression"""

    SYNTAX = "SYNTAX", "语法错误", "It cannot be read"
    UNKNOWN_FACT = "UNKNOWN_FACT", "没有这一事实", "There is no such fact"
    UNKNOWN_FUNCTION = "UNKNOWN_FUNCTION", "没有这一函数", "There is no such function"
    WRONG_TYPE = "WRONG_TYPE", "类型不符", "These types do not go together"
    NOT_A_CONDITION = "NOT_A_CONDITION", "须得出是或否", "It must say yes or no"
    NO_FACT = "NO_FACT", "未使用任何事实", "It looks at no fact"
    UNSUPPORTED = "UNSUPPORTED", "不支持的写法", "Rules do not use this part of the language"
    TOO_LONG = "TOO_LONG", "过长", "It is too long"
    TOO_DEEP = "TOO_DEEP", "层次过深", "It is nested too deeply"
