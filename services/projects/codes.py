"""The code lists of the project library; each is served at `GET /v1/code-lists/{name}`."""

from fupin.codelists import CodeList
from fupin.sheets.errors import CellError


class EnterpriseKind(CodeList):
    """经营主体类型 / Kind of enterprise"""

    LEADING = "LEADING", "龙头企业", "Leading enterprise"
    COOPERATIVE = "COOPERATIVE", "农民合作社", "Farmers' cooperative"
    FAMILY_FARM = "FAMILY_FARM", "家庭农场", "Family farm"
    WORKSHOP = "WORKSHOP", "扶贫车间", "Poverty-alleviation workshop"
    COMPANY = "COMPANY", "其他企业", "Other enterprise"


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


class DocumentKind(CodeList):
    """文件类型 / Kind of document of a library step"""

    DECLARATION = "DECLARATION", "申报书及村民代表会议记录", "Declaration and minutes of the villagers' meeting"
    TOWN_REVIEW = "TOWN_REVIEW", "乡镇审核意见", "The town's review"
    EXPERT_OPINION = "EXPERT_OPINION", "专家论证意见", "Experts' opinion"
    APPROVAL = "APPROVAL", "县级审定批复", "The county's approval"
    NOTICE = "NOTICE", "公示文件", "Public notice"
    ADMISSION_FILING = "ADMISSION_FILING", "入库备案", "Filing of the admission"
    IMPLEMENTATION_PLAN = "IMPLEMENTATION_PLAN", "实施方案", "Implementation plan"
    COMPLETION_REPORT = "COMPLETION_REPORT", "完工报告", "Completion report"
    ACCEPTANCE_REPORT = "ACCEPTANCE_REPORT", "验收报告", "Acceptance report"
    OPERATION_REPORT = "OPERATION_REPORT", "运营及收益分配方案", "Plan of operation and of sharing income"
    CLOSING_REPORT = "CLOSING_REPORT", "结项报告", "Closing report"
    DECISION = "DECISION", "退回或不予入库通知", "Notice of return or rejection"
    WITHDRAWAL_FILING = "WITHDRAWAL_FILING", "出库备案", "Filing of the withdrawal"
    OTHER = "OTHER", "其他材料", "Other"


class AdjustmentState(CodeList):
    """动态调整状态 / State of an adjustment of the library"""

    DRAFTED = "DRAFTED", "拟定", "Drafted"
    REVIEWED = "REVIEWED", "审核", "Reviewed"
    NOTICED = "NOTICED", "公示", "Public notice"
    APPLIED = "APPLIED", "已调整", "Applied"
    CANCELLED = "CANCELLED", "取消", "Cancelled"


class AdjustmentChange(CodeList):
    """调整方式 / What an adjustment does to a project"""

    ADMIT = "ADMIT", "入库", "Admit"
    WITHDRAW = "WITHDRAW", "出库", "Withdraw"
    CHANGE = "CHANGE", "变更", "Change"


class AdjustmentOutcome(CodeList):
    """调整结果 / What became of one project of an adjustment"""

    APPLIED = "APPLIED", "已调整", "Applied"
    HELD_BACK = "HELD_BACK", "暂缓", "Held back"
    CANCELLED = "CANCELLED", "取消", "Cancelled with its adjustment"


class DuplicateReason(CodeList):
    """疑似重复依据 / Why two projects may be one"""

    SAME_VILLAGE = "SAME_VILLAGE", "同村", "In the same place"
    VILLAGE_COVERED = "VILLAGE_COVERED", "覆盖村重叠", "One covers a village of the other"
    SAME_UNIT = "SAME_UNIT", "同一申报单位", "Declared by the same unit"
    SAME_SOURCE = "SAME_SOURCE", "同期使用同一财政资金来源", "Paid by the same public source at the same time"


class DeclarationMode(CodeList):
    """申报表导入方式 / How a sheet of declarations is taken"""

    ALL_OR_NOTHING = "all_or_nothing", "有错则全部不导入", "Nothing when a row is bad"
    VALID_ROWS = "valid_rows", "只导入无错的行", "The good rows only"


class DeclarationState(CodeList):
    """申报表导入状态 / State of a sheet of declarations"""

    RECEIVED = "RECEIVED", "已接收", "Received"
    DONE = "DONE", "已完成", "Done"
    REFUSED = "REFUSED", "有错未导入", "Refused, nothing was changed"
    CHECKED = "CHECKED", "已校验未导入", "Checked only"


class DeclarationCellError(CodeList):
    """申报表错误 / What the library says against a cell of a declaration sheet"""

    DUPLICATE_ROW = "DUPLICATE_ROW", "与表中另一行的项目编号重复", "repeats the project number of another row"
    ENDS_BEFORE_START = "ENDS_BEFORE_START", "结束日期早于开始日期", "ends before it begins"
    OUTSIDE_DIVISION = "OUTSIDE_DIVISION", "不在您的行政区划内", "is outside your division"
    DAY_IN_FUTURE = "DAY_IN_FUTURE", "晚于今天", "is later than today"
    BAD_USCC = (
        "BAD_USCC",
        "不是校验码正确的统一社会信用代码",
        "is no unified social credit code with a right check digit",
    )
    UNKNOWN_ENTERPRISE = "UNKNOWN_ENTERPRISE", "未登记该经营主体", "names no enterprise that is recorded here"
    TARGET_INCOMPLETE = (
        "TARGET_INCOMPLETE",
        "绩效指标、目标值、单位须一并填写",
        "a target has a metric, a value and a unit",
    )
    METRIC_TWICE = "METRIC_TWICE", "同一绩效指标重复出现", "names the same metric twice"
    NUMBER_TAKEN = "NUMBER_TAKEN", "该项目编号在本县已被使用", "is the number of another project of the county"
    NOT_EDITABLE = (
        "NOT_EDITABLE",
        "项目已经县级审定，申报内容不得再修改",
        "is approved; its declaration no longer changes",
    )
    STAYS = (
        "STAYS",
        "与已申报的不同；申报后不得修改该项",
        "differs from what was declared, and is not changed afterwards",
    )
    DOUBLE_FUNDED = (
        "DOUBLE_FUNDED",
        "同一项目已申报，且同期使用同一财政资金来源",
        "is already declared, paid by the same public source at the same time",
    )


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


class ProcurementCategory(CodeList):
    """采购类别 / What is procured"""

    WORKS = "WORKS", "工程", "Works"
    GOODS = "GOODS", "货物", "Goods"
    SERVICES = "SERVICES", "服务", "Services"


class ProcurementMethod(CodeList):
    """采购方式 / How it is procured"""

    OPEN = "OPEN", "公开招标", "Open tender"
    SELECTIVE = "SELECTIVE", "邀请招标", "Selective tender"
    LIMITED = "LIMITED", "竞争性谈判", "Competitive negotiation"
    DIRECT = "DIRECT", "单一来源", "Single source"


class TenderOutcome(CodeList):
    """招标终止 / How a tender ended without an award"""

    UNSUCCESSFUL = "UNSUCCESSFUL", "流标", "Unsuccessful"
    CANCELLED = "CANCELLED", "终止招标", "Cancelled"


class TenderState(CodeList):
    """招标状态 / Where a tender stands"""

    ACTIVE = "ACTIVE", "招标中", "Active"
    COMPLETE = "COMPLETE", "已定标", "Every lot awarded"
    UNSUCCESSFUL = "UNSUCCESSFUL", "流标", "Unsuccessful"
    CANCELLED = "CANCELLED", "终止招标", "Cancelled"


class IncomeReportState(CodeList):
    """收益填报状态 / State of an income report"""

    KEPT = "KEPT", "无上缴", "Nothing to pay in"
    SENDING = "SENDING", "待入账", "On its way to the account"
    BOOKED = "BOOKED", "已入账", "Booked"
    REFUSED = "REFUSED", "被退回", "Refused by the account"
    CORRECTED = "CORRECTED", "已更正", "Replaced by its correction"


class LinkageFindingKind(CodeList):
    """利益联结核对问题 / Where pathways and links disagree"""

    LINK_WITHOUT_PATHWAY = "LINK_WITHOUT_PATHWAY", "有联结无脱贫路径", "Link without a pathway"
    PATHWAY_WITHOUT_LINK = "PATHWAY_WITHOUT_LINK", "有脱贫路径无联结", "Pathway without a link"
    PERIOD_DIFFERS = "PERIOD_DIFFERS", "起止日期不一致", "Periods differ"
    HOUSEHOLD_GONE = "HOUSEHOLD_GONE", "农户已不在登记库", "Household no longer in the registry"
    HOUSEHOLD_EXITED = "HOUSEHOLD_EXITED", "农户已不是贫困户", "Household is no longer poor"
    HOUSEHOLD_MOVED = "HOUSEHOLD_MOVED", "农户所在村已变更", "Household has moved"


PLAN_YEARS = 3  # 三年规划


class PlanState(CodeList):
    """规划状态 / State of a plan"""

    DRAFT = "DRAFT", "编制中", "Draft"
    SUBMITTED = "SUBMITTED", "待审定", "Submitted"
    APPROVED = "APPROVED", "已审定", "Approved"
    RETURNED = "RETURNED", "已退回", "Returned"
    SUPERSEDED = "SUPERSEDED", "已被新版取代", "Superseded by a newer edition"


class PlanMetric(CodeList):
    """规划指标 / What a plan's goals count, year by year"""

    PROJECTS_STARTED = "PROJECTS_STARTED", "开工项目（个）", "Projects started"
    PROJECTS_COMPLETED = "PROJECTS_COMPLETED", "完工项目（个）", "Projects completed"
    BUDGET_STARTED_FEN = "BUDGET_STARTED_FEN", "开工项目预算（分）", "Budget of projects started, in fen"
    VILLAGES_COVERED = "VILLAGES_COVERED", "开工项目覆盖村（个）", "Villages covered by projects started"
    HOUSEHOLDS_LINKED = "HOUSEHOLDS_LINKED", "利益联结农户（户）", "Households linked"
    HOUSEHOLD_INCOME_FEN = "HOUSEHOLD_INCOME_FEN", "农户实际收益（分）", "What households actually earned, in fen"
    PROJECT_INCOME_FEN = "PROJECT_INCOME_FEN", "项目收益（分）", "What projects earned, in fen"


class Stage(CodeList):
    """项目进度 / How far projects are"""

    PLANNED = "PLANNED", "前期", "Before construction"
    UNDER_WAY = "UNDER_WAY", "在建", "Under way"
    BUILT = "BUILT", "建成", "Built"
    OUT = "OUT", "退回或出库", "Returned, rejected or withdrawn"


class LinkageChange(CodeList):
    """核对结果变化 / How a finding changed between two runs"""

    NEW = "NEW", "新增", "New"
    GONE = "GONE", "消除", "Gone"


CODE_LISTS: list[type[CodeList]] = [
    CellError,
    EnterpriseKind,
    Programme,
    ProjectCategory,
    BuildType,
    FundingSource,
    LinkageMechanism,
    LibraryState,
    Level,
    ObjectionOutcome,
    DocumentKind,
    AdjustmentState,
    AdjustmentChange,
    AdjustmentOutcome,
    DuplicateReason,
    DeclarationMode,
    DeclarationState,
    DeclarationCellError,
    MilestoneKind,
    SchemePurpose,
    ProcurementCategory,
    ProcurementMethod,
    TenderOutcome,
    TenderState,
]
