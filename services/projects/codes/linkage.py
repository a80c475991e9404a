from fupin.codelists import CodeList


class LinkageFindingKind(CodeList):
    """利益联结核对问题 / Where pathways and links disagree"""

    LINK_WITHOUT_PATHWAY = "LINK_WITHOUT_PATHWAY", "有联结无脱贫路径", "Link without a pathway"
    PATHWAY_WITHOUT_LINK = "PATHWAY_WITHOUT_LINK", "有脱贫路径无联结", "Pathway without a link"
    PERIOD_DIFFERS = "PERIOD_DIFFERS", "起止日期不一致", "Periods differ"
    HOUSEHOLD_GONE = "HOUSEHOLD_GONE", "农户已不在登记库", "Household no longer in the registry"
    HOUSEHOLD_EXITED = "HOUSEHOLD_EXITED", "农户已不是贫困户", "Household is no longer poor"
    HOUSEHOLD_MOVED = "HOUSEHOLD_MOVED", "农户所在村已变更", "Household has moved"


class LinkageChange(CodeList):
    """核对结果变化 / How a finding changed between two runs"""

    NEW = "NEW", "新增", "New"
    GONE = "GONE", "消除", "Gone"
