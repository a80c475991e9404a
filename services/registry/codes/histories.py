from fupin.codelists import CodeList


class FeedKind(CodeList):
    """变更对象 / What a line of the change feed is about"""

    DIVISION = "division", "行政区划", "Division"
    HOUSEHOLD = "household", "户", "Household"
    MEMBER = "member", "家庭成员", "Member"
    INCOME = "household_income", "家庭收入", "Yearly income"
    CADRE = "helper", "帮扶干部", "Cadre"
    HELPER = "helper_assignment", "包保", "Helper assignment"
    PATHWAY = "household_pathway", "脱贫路径", "Pathway"
    GUARANTEE = "guarantee_check", "保障核查", "Guarantee check"
    PROCEDURE = "procedure", "识别、退出与监测程序", "Procedure"
    ASSISTANCE = "assistance", "帮扶措施", "Assistance"
    APPRAISAL = "appraisal", "年终考核", "Yearly appraisal"
    VILLAGE_FACT = "village_fact", "三通三有", "What a village has"


class FeedAction(CodeList):
    """变更类型 / What happened to it"""

    INSERT = "INSERT", "新增或迁入", "New, or moved in"
    UPDATE = "UPDATE", "变更", "Changed"
    DELETE = "DELETE", "删除或迁出", "Deleted, or moved out"


class TimelineKind(CodeList):
    """户时间线事项 / What stands in a household's timeline"""

    REGISTERED = "REGISTERED", "登记入库", "Registered"
    STATUS = "STATUS", "户状态", "Status"
    MOVED = "MOVED", "迁移", "Moved"
    HOUSEHOLD_CHANGED = "HOUSEHOLD_CHANGED", "户信息变更", "Household changed"
    MEMBER_CHANGED = "MEMBER_CHANGED", "成员信息变更", "Member changed"
    MEMBER_JOINED = "MEMBER_JOINED", "成员增加", "Member joined"
    MEMBER_LEFT = "MEMBER_LEFT", "成员迁出", "Member left"
    MEMBER_DIED = "MEMBER_DIED", "成员死亡", "Member died"
    MEMBER_MOVED_IN = "MEMBER_MOVED_IN", "成员由他户转入", "Member came from another household"
    MEMBER_MOVED_OUT = "MEMBER_MOVED_OUT", "成员转入他户", "Member went to another household"
    MERGED = "MERGED", "并户", "Merged"
    SPLIT = "SPLIT", "分户", "Split"
    HELPER_BEGAN = "HELPER_BEGAN", "帮扶开始", "Helper began"
    HELPER_ENDED = "HELPER_ENDED", "帮扶结束", "Helper ended"
    PATHWAY_BEGAN = "PATHWAY_BEGAN", "脱贫路径开始", "Pathway began"
    PATHWAY_ENDED = "PATHWAY_ENDED", "脱贫路径结束", "Pathway ended"
    GUARANTEE = "GUARANTEE", "保障核查", "Guarantee check"
    INCOME = "INCOME", "年度收入", "Yearly income"
    ASSISTANCE = "ASSISTANCE", "帮扶措施", "Assistance"
    PROCEDURE = "PROCEDURE", "程序", "Procedure"
