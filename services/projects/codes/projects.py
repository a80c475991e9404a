from fupin.codelists import CodeList


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


class DuplicateReason(CodeList):
    """疑似重复依据 / Why two projects may be one"""

    SAME_VILLAGE = "SAME_VILLAGE", "同村", "In the same place"
    VILLAGE_COVERED = "VILLAGE_COVERED", "覆盖村重叠", "One covers a village of the other"
    SAME_UNIT = "SAME_UNIT", "同一申报单位", "Declared by the same unit"
    SAME_SOURCE = "SAME_SOURCE", "同期使用同一财政资金来源", "Paid by the same public source at the same time"
