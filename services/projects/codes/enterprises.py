from fupin.codelists import CodeList


class EnterpriseKind(CodeList):
    """经营主体类型 / Kind of enterprise"""

    LEADING = "LEADING", "龙头企业", "Leading enterprise"
    COOPERATIVE = "COOPERATIVE", "农民合作社", "Farmers' cooperative"
    FAMILY_FARM = "FAMILY_FARM", "家庭农场", "Family farm"
    WORKSHOP = "WORKSHOP", "扶贫车间", "Poverty-alleviation workshop"
    COMPANY = "COMPANY", "其他企业", "Other enterprise"
