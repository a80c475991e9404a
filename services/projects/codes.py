"""The code lists of the project library; each is served at `GET /v1/code-lists/{name}`."""

from fupin.codelists import CodeList


class EnterpriseKind(CodeList):
    """经营主体类型 / Kind of enterprise"""

    LEADING = "LEADING", "龙头企业", "Leading enterprise"
    COOPERATIVE = "COOPERATIVE", "农民合作社", "Farmers' cooperative"
    FAMILY_FARM = "FAMILY_FARM", "家庭农场", "Family farm"
    WORKSHOP = "WORKSHOP", "扶贫车间", "Poverty-alleviation workshop"


class Programme(CodeList):
    """项目板块 / Programme: under which heading the county reports a category of projects"""

    INDUSTRY = "INDUSTRY", "产业项目", "Industry"
    PV = "PV", "光伏扶贫", "Photovoltaic power"
    WATER = "WATER", "饮水安全", "Safe drinking water"
    WORKS = "WORKS", "基础设施", "Roads and housing"
    PEOPLE = "PEOPLE", "能力建设", "Training and other support"


class ProjectCategory(CodeList):
    """项目类别 / Project category"""

    PLANTING = "PLANTING", "种植业", "Planting"
    LIVESTOCK = "LIVESTOCK", "畜牧养殖", "Livestock"
    FISHERY = "FISHERY", "水产养殖", "Fishery"
    FORESTRY = "FORESTRY", "林果业", "Forestry and fruit"
    COURTYARD = "COURTYARD", "庭院经济", "Courtyard economy"
    PROCESSING = "PROCESSING", "农产品加工", "Processing of farm produce"
    STORAGE = "STORAGE", "仓储物流", "Storage and logistics"
    E_COMMERCE = "E_COMMERCE", "互联网+农业", "Internet plus agriculture"
    TOURISM = "TOURISM", "乡村旅游", "Village tourism"
    WORKSHOP = "WORKSHOP", "扶贫车间", "Workshop"
    MACHINERY = "MACHINERY", "农机服务", "Farm machinery services"
    PV = "PV", "光伏发电", "Photovoltaic power station"
    WATER = "WATER", "农村饮水", "Rural drinking water"
    ROAD = "ROAD", "道路", "Road"
    HOUSING = "HOUSING", "住房", "Housing"
    TRAINING = "TRAINING", "技能培训", "Training"
    OTHER = "OTHER", "其他", "Other"


class BuildType(CodeList):
    """建设性质 / Build type"""

    NEW = "NEW", "新建", "New"
    EXTEND = "EXTEND", "扩建", "Extension"
    RENOVATE = "RENOVATE", "改造", "Renovation"


class FundingSource(CodeList):
    """资金来源 / Funding source"""

    CENTRAL = "CENTRAL", "中央财政专项扶贫资金", "Central special funds"
    PROVINCE = "PROVINCE", "省级财政专项扶贫资金", "Provincial special funds"
    CITY = "CITY", "市级财政专项扶贫资金", "City special funds"
    COUNTY = "COUNTY", "县级财政专项扶贫资金", "County special funds"
    ENTERPRISE = "ENTERPRISE", "企业投入", "Enterprise"
    BANK_LOAN = "BANK_LOAN", "银行贷款", "Bank loan"
    SELF_RAISED = "SELF_RAISED", "自筹资金", "Self-raised"


class LinkageMechanism(CodeList):
    """利益联结方式 / Linkage mechanism: how a project's gain reaches households"""

    DIVIDEND = "DIVIDEND", "收益分红", "Dividend"
    EMPLOYMENT = "EMPLOYMENT", "就业务工", "Employment"
    LAND_TRANSFER = "LAND_TRANSFER", "土地流转", "Land transfer"
    ORDER_PURCHASE = "ORDER_PURCHASE", "订单收购", "Order purchase"
    TRUSTEESHIP = "TRUSTEESHIP", "托管代养", "Trusteeship"


class LibraryState(CodeList):
    """入库状态 / Library state"""

    DECLARED = "DECLARED", "村申报", "Declared by the village"
    TOWN_REVIEWED = "TOWN_REVIEWED", "乡镇审核", "Reviewed by the town"
    ARGUED = "ARGUED", "县级论证", "Argued by the county's experts"
    APPROVED = "APPROVED", "县级审定", "Approved by the county"
    NOTICED = "NOTICED", "公示", "Public notice"
    ADMITTED = "ADMITTED", "入库", "Admitted to the library"
    IMPLEMENTING = "IMPLEMENTING", "实施", "Being implemented"
    COMPLETED = "COMPLETED", "完工", "Completed"
    ACCEPTED = "ACCEPTED", "验收", "Accepted"
    OPERATING = "OPERATING", "运营收益", "Operating"
    CLOSED = "CLOSED", "结项", "Closed"
    RETURNED = "RETURNED", "退回", "Returned for correction"
    REJECTED = "REJECTED", "不予入库", "Rejected"
    WITHDRAWN = "WITHDRAWN", "出库", "Withdrawn, with a filing"


class Level(CodeList):
    """办理层级 / Level at which a library step is taken"""

    VILLAGE = "VILLAGE", "村", "Village"
    TOWN = "TOWN", "乡镇", "Town"
    COUNTY = "COUNTY", "县", "County"


class ObjectionOutcome(CodeList):
    """异议处理结果 / Outcome of an objection"""

    DISMISSED = "DISMISSED", "不成立", "Dismissed"
    UPHELD = "UPHELD", "成立", "Upheld"


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


CODE_LISTS: list[type[CodeList]] = [
    EnterpriseKind,
    Programme,
    ProjectCategory,
    BuildType,
    FundingSource,
    LinkageMechanism,
    LibraryState,
    Level,
    ObjectionOutcome,
    MilestoneKind,
    SchemePurpose,
]
