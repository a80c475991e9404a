from fupin.codelists import CodeList


class MilestoneKind(CodeList):
    """里程碑 / Milestone"""

    PLAN_DRAWN_UP = "PLAN_DRAWN_UP", "方案编制完成", "Plan drawn up"
    PLAN_APPROVAL = "PLAN_APPROVAL", "方案批复", "Plan approved"
    FILING = "FILING", "备案", "Filing"
    TENDER_POSTED = "TENDER_POSTED", "挂标", "Tender posted"
    BID_OPENING = "BID_OPENING", "公开招标", "Bid opening"
    CONTRACT = "CONTRACT", "签订合同", "Contract signed"
    CONSTRUCTION_START = "CONSTRUCTION_START", "开工建设", "Construction start"
    GRID_CONNECTION = "GRID_CONNECTION", "并网发电", "Grid connection"
    ACCEPTANCE = "ACCEPTANCE", "验收", "Acceptance"
    RUNNING = "RUNNING", "通水运行", "Running"
    FIRST_INCOME = "FIRST_INCOME", "首次收益", "First income"


class SchemePurpose(CodeList):
    """覆盖内容 / What a project brings to a village it covers"""

    TAP_WATER = "TAP_WATER", "安装自来水", "Tap water installed"
    WATER_RENOVATION = "WATER_RENOVATION", "供水改造", "Water system renovated"
    PV_STATION = "PV_STATION", "村级光伏电站", "Village photovoltaic station"
    INDUSTRY = "INDUSTRY", "产业带动", "Industry"
    WORKS = "WORKS", "基础设施", "Infrastructure"


class Stage(CodeList):
    """项目进度 / How far projects are"""

    PLANNED = "PLANNED", "前期", "Before construction"
    UNDER_WAY = "UNDER_WAY", "在建", "Under way"
    BUILT = "BUILT", "建成", "Built"
    OUT = "OUT", "退回或出库", "Returned, rejected or withdrawn"
