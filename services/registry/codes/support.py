from fupin.codelists import CodeList


class AppraisalMark(CodeList):
    """年终考核等次 / Mark of a yearly appraisal"""

    EXCELLENT = "EXCELLENT", "优秀", "Excellent"
    COMPETENT = "COMPETENT", "合格", "Competent"
    BARELY = "BARELY", "基本合格", "Barely competent"
    NOT_COMPETENT = "NOT_COMPETENT", "不合格", "Not competent"


class AssistanceKind(CodeList):
    """帮扶措施类别 / Kind of assistance"""

    MINIMUM_LIVING = "MINIMUM_LIVING", "低保金", "Minimum living allowance"
    DESTITUTE_SUPPORT = "DESTITUTE_SUPPORT", "特困供养金", "Support of the destitute"
    EDUCATION_SUBSIDY = "EDUCATION_SUBSIDY", "教育补助", "Education subsidy"
    INSURANCE_PREMIUM = "INSURANCE_PREMIUM", "代缴保险费", "Insurance premium paid"
    MEDICAL_RELIEF = "MEDICAL_RELIEF", "医疗救助", "Medical relief"
    HOUSE_REPAIR = "HOUSE_REPAIR", "危房改造", "House repaired or rebuilt"
    WATER = "WATER", "饮水改造", "Water supply"
    PRODUCTION = "PRODUCTION", "产业扶持", "Support of production"
    EMPLOYMENT = "EMPLOYMENT", "就业扶持", "Employment"
    LOAN = "LOAN", "小额信贷", "Small loan"
    DISABILITY_ALLOWANCE = "DISABILITY_ALLOWANCE", "残疾人补贴", "Disability allowance"
    GOODS = "GOODS", "慰问物资", "Goods"
    OTHER = "OTHER", "其他", "Other"


class GuaranteeGapKind(CodeList):
    """保障缺口 / What a guarantee lacks"""

    NOT_MET = "NOT_MET", "未达标", "Checked and not met"
    NOT_CHECKED = "NOT_CHECKED", "本年度未核查", "Not checked this year"


class LetterGapKind(CodeList):
    """责任书缺口 / Break in the chain of responsibility letters"""

    TOWN = "TOWN", "镇未签订责任书", "A town without a letter"
    VILLAGE = "VILLAGE", "村未签订责任书", "A village without a letter"
    CADRE = "CADRE", "包保责任人未签订责任书", "A responsible cadre without a letter"
    PARENT = "PARENT", "上级责任书不符", "A letter that names a wrong one above it"
