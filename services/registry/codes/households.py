from fupin.codelists import CodeList


class HouseholdStatus(CodeList):
    """户状态 / Household status"""

    NOT_POOR = "NOT_POOR", "非贫困户", "Not poor"
    IDENTIFIED = "IDENTIFIED", "新识别", "Newly identified"
    POOR = "POOR", "未脱贫", "Poor"
    EXITED = "EXITED", "已脱贫", "Out of poverty"
    STABLE = "STABLE", "稳定脱贫", "Stably out of poverty"
    RELAPSED = "RELAPSED", "返贫", "Fallen back into poverty"
    REMOVED = "REMOVED", "清退", "Removed as ineligible"
    CANCELLED = "CANCELLED", "注销", "Cancelled"


class PovertyType(CodeList):
    """户类型 / Poverty type"""

    GENERAL = "GENERAL", "一般贫困户", "Generally poor"
    MINIMUM_LIVING = "MINIMUM_LIVING", "低保", "Minimum living allowance"
    DESTITUTE = "DESTITUTE", "特困供养", "Destitute, supported"


class Residence(CodeList):
    """居住类型 / Residence"""

    RURAL = "RURAL", "农村", "Rural"
    URBAN = "URBAN", "城镇", "Urban"


class PovertyCause(CodeList):
    """致贫原因 / Cause of poverty"""

    ILLNESS = "01", "因病", "Illness"
    DISABILITY = "02", "因残", "Disability"
    SCHOOLING = "03", "因学", "Schooling"
    DISASTER = "04", "因灾", "Disaster"
    LAND = "05", "缺土地", "Lack of land"
    WATER = "06", "缺水", "Lack of water"
    SKILL = "07", "缺技术", "Lack of skill"
    LABOUR = "08", "缺劳力", "Lack of labour"
    MONEY = "09", "缺资金", "Lack of money"
    ROAD = "10", "交通条件落后", "Poor roads"
    MOTIVATION = "11", "自身发展动力不足", "Lack of motivation"
    OTHER = "99", "其他", "Other"


class HouseGrade(CodeList):
    """住房等级 / House grade (JGJ 125: dangerous houses are C and D)"""

    A = "A", "A级", "A: safe"
    B = "B", "B级", "B: basically safe"
    C = "C", "C级", "C: partly dangerous"
    D = "D", "D级", "D: dangerous"


class GuaranteeItem(CodeList):
    """两不愁三保障 / Two assurances and three guarantees, with safe water"""

    FOOD = "FOOD", "不愁吃", "Food"
    CLOTHING = "CLOTHING", "不愁穿", "Clothing"
    HOUSING = "HOUSING", "住房安全", "Safe housing"
    WATER = "WATER", "饮水安全", "Safe water"
    MEDICAL = "MEDICAL", "基本医疗", "Basic medical care"
    EDUCATION = "EDUCATION", "义务教育", "Compulsory education"


class GuaranteeResult(CodeList):
    """核查结果 / Result of a guarantee check"""

    MET = "MET", "达标", "Met"
    NOT_MET = "NOT_MET", "未达标", "Not met"
    NOT_APPLICABLE = "NOT_APPLICABLE", "不适用", "Not applicable"
