"""The code lists of inspection."""

from fupin.codelists import CodeList


class Theme(CodeList):
    """专项推进小组类别 / Theme of a task force"""

    HEALTH = "HEALTH", "健康扶贫", "Health"
    EDUCATION = "EDUCATION", "教育扶贫", "Education"
    HOUSING = "HOUSING", "危房改造", "Unsafe housing"
    WATER = "WATER", "饮水安全", "Drinking water"
    AGRICULTURE = "AGRICULTURE", "农业产业", "Agricultural industry"
    LABOUR = "LABOUR", "劳动力培训转移", "Labour training and transfer"


class SystemKind(CodeList):
    """工作制度 / Working system"""

    JOINT_MEETING = "JOINT_MEETING", "脱贫攻坚联席会议制度", "Joint meetings"
    WORK_DISPATCH = "WORK_DISPATCH", "工作调度制度", "Work dispatch"
    MAJOR_MATTER_REPORT = "MAJOR_MATTER_REPORT", "重大事项报告制度", "Reporting of major matters"
    TASK_FORCE_MEETING = "TASK_FORCE_MEETING", "专项推进例会制度", "Regular task-force meetings"


class MeetingKind(CodeList):
    """会议类别 / Kind of meeting"""

    LEADING_GROUP = "LEADING_GROUP", "领导小组会议", "Leading group"
    JOINT = "JOINT", "联席会议", "Joint meeting"
    TASK_FORCE = "TASK_FORCE", "专项推进例会", "Task force"
    VILLAGE_TEAM_DISPATCH = "VILLAGE_TEAM_DISPATCH", "驻村扶贫工作调度会议", "Village-team dispatch"
    NEGOTIATION = "NEGOTIATION", "磋商", "Negotiation"


class NegotiationMatter(CodeList):
    """磋商事项 / Matter of a negotiation"""

    MEDICAL = "MEDICAL", "医疗费用", "Medical costs"
    HOUSING = "HOUSING", "住房", "Housing"
    FINANCE = "FINANCE", "资金", "Finance"
    OTHER = "OTHER", "其他", "Other"


class TeamKind(CodeList):
    """工作队类别 / Kind of team"""

    INSPECTION = "INSPECTION", "督查组", "Inspection team"
    ROVING = "ROVING", "巡回督查组", "Roving inspection team"
    VILLAGE_WORK = "VILLAGE_WORK", "驻村工作队", "Village work team"


class PlanStratum(CodeList):
    """督查层 / Stratum of a plan"""

    KEY = "KEY", "重点督查", "Key supervision: every poor village"
    SAMPLE = "SAMPLE", "抽样检查", "Sample of the other villages"
    CENTRAL = "CENTRAL", "集中核查", "Central check of named villages"


class PlanState(CodeList):
    """督查计划状态 / State of a plan"""

    DRAFT = "DRAFT", "起草", "Being drafted"
    FROZEN = "FROZEN", "抽样框已冻结", "Frame frozen"
    PUBLISHED = "PUBLISHED", "摘要已公布", "Digest published"
    DRAWN = "DRAWN", "已抽取", "Drawn"


class DrawRole(CodeList):
    """样本角色 / Role in the sample"""

    MAIN = "MAIN", "正选", "Main unit"
    RESERVE = "RESERVE", "备选", "Reserve"


class VisitState(CodeList):
    """入户核查状态 / State of a visit"""

    PLANNED = "PLANNED", "计划", "Planned"
    DONE = "DONE", "已完成", "Done"
    FAILED = "FAILED", "未能进行", "Could not take place"
    CANCELLED = "CANCELLED", "取消", "Cancelled"


class FailureReason(CodeList):
    """未能入户原因 / Why a visit could not take place"""

    NOBODY_HOME = "NOBODY_HOME", "多次上门无人", "Nobody at home after repeated calls"
    AWAY = "AWAY", "全家外出", "The whole household is away"
    MOVED = "MOVED", "已搬迁", "Moved away"
    DISSOLVED = "DISSOLVED", "户已不存在", "The household no longer exists"
    REFUSED = "REFUSED", "拒绝受访", "Refused"
    UNREACHABLE = "UNREACHABLE", "道路不通", "The road was cut"


class QuestionKind(CodeList):
    """问题类型 / Kind of question"""

    YES_NO = "YES_NO", "是否", "Yes or no"
    ONE_OF = "ONE_OF", "单选", "One of a list"
    SEVERAL_OF = "SEVERAL_OF", "多选", "Several of a list"
    INTEGER = "INTEGER", "整数", "Whole number"
    DECIMAL = "DECIMAL", "小数", "Decimal number"
    DATE = "DATE", "日期", "Date"
    TEXT = "TEXT", "文字", "Text"


class ConflictState(CodeList):
    """答案冲突状态 / State of a conflict between answers"""

    OPEN = "OPEN", "待裁定", "To be decided"
    KEPT = "KEPT", "保留原答案", "The answer on record was kept"
    TAKEN = "TAKEN", "采用新答案", "The submitted answer was taken"


class Domain(CodeList):
    """估计范围 / What an estimate speaks of"""

    ALL = "ALL", "全部农户", "All households"
    POVERTY = "POVERTY", "贫困户与非贫困户", "Poor and other households"
    STRATUM = "STRATUM", "按督查层", "By stratum"
    TOWN = "TOWN", "按乡镇", "By town"


class Measure(CodeList):
    """估计量 / What is estimated"""

    SHARE = "SHARE", "占户数的比例", "Share of households"
    MEAN = "MEAN", "每户均值", "Mean per household"


class SeatSource(CodeList):
    """出发地来源 / Where a day's way begins"""

    REGISTRY = "REGISTRY", "登记簿中县的经纬度", "The county's coordinates in the registry"
    GIVEN = "GIVEN", "编制日程时指定", "Given with the schedule"
    VILLAGES = "VILLAGES", "各村的中心", "The middle of the villages, as the county has no coordinates"


class FiveOnes(CodeList):
    """五个一活动 / The five-ones activities"""

    LECTURES = "LECTURES", "开展一轮宣讲活动", "One round of lectures"
    MODELS = "MODELS", "选树一批先进典型", "One group of models"
    ENVIRONMENT = "ENVIRONMENT", "进行一次环境整治", "One clean-up"
    TROUPE = "TROUPE", "建立一支文艺队伍", "One arts troupe"
    PROJECT = "PROJECT", "发展一个脱贫项目", "One project against poverty"


class FindingSubject(CodeList):
    """问题对象 / What a finding is about"""

    VILLAGE = "VILLAGE", "村", "Village"
    HOUSEHOLD = "HOUSEHOLD", "户", "Household"
    PROJECT = "PROJECT", "项目", "Project"
    FUND = "FUND", "资金", "Money"


class FindingKind(CodeList):
    """问题类别 / Kind of finding"""

    FOOD = "01", "吃", "Food"
    CLOTHING = "02", "穿", "Clothing"
    EDUCATION = "03", "义务教育", "Compulsory education"
    MEDICAL = "04", "基本医疗", "Basic medical care"
    HOUSING = "05", "住房安全", "Safe housing"
    WATER = "06", "饮水安全", "Safe drinking water"
    IDENTIFICATION = "07", "识别不精准", "Identification not precise"
    EXIT = "08", "退出不精准", "Exit not precise"
    HELP = "09", "帮扶不实", "Help without effect"
    RECORDS = "10", "档案资料", "Records"
    MONEY = "11", "资金使用", "Use of money"
    PROJECT = "12", "项目管理", "Management of projects"
    CONDUCT = "13", "工作作风", "Conduct of work"
    OTHER = "99", "其他", "Other"


class Severity(CodeList):
    """问题程度 / Severity of a finding"""

    MINOR = "MINOR", "一般", "Minor"
    MAJOR = "MAJOR", "较重", "Major"
    SEVERE = "SEVERE", "严重", "Severe"


class FindingState(CodeList):
    """整改状态 / State of a finding"""

    OPEN = "OPEN", "待整改", "Open"
    MEASURES_AGREED = "MEASURES_AGREED", "已定措施", "Measures agreed"
    REPORTED = "REPORTED", "已报整改", "Rectification reported"
    RECHECKED = "RECHECKED", "已复查", "Checked again"
    CLOSED = "CLOSED", "销号", "Closed"
    REOPENED = "REOPENED", "重新整改", "Reopened"


class FindingStepKind(CodeList):
    """整改步骤 / Step of a rectification"""

    OPENED = "OPENED", "提出问题", "Found"
    MEASURES = "MEASURES", "确定措施", "Measures agreed"
    REPORT = "REPORT", "报告整改", "Reported as put right"
    RECHECK_PASSED = "RECHECK_PASSED", "复查通过", "Found put right"
    RECHECK_FAILED = "RECHECK_FAILED", "复查未通过", "Found not put right"
    CLOSED = "CLOSED", "销号", "Closed"
    REOPENED = "REOPENED", "重新整改", "Reopened"
    EXTENSION_REQUESTED = "EXTENSION_REQUESTED", "申请延期", "Extension asked for"
    EXTENSION_GRANTED = "EXTENSION_GRANTED", "同意延期", "Extension granted"
    EXTENSION_REFUSED = "EXTENSION_REFUSED", "不同意延期", "Extension refused"


class LinkedService(CodeList):
    """问题转送单位 / Who is told of a finding"""

    REGISTRY = "REGISTRY", "登记簿", "Registry"
    FUNDS = "FUNDS", "资金账户", "Funds"


class LinkState(CodeList):
    """问题转送状态 / State of what was sent"""

    SENT = "SENT", "已发送", "Sent, not answered"
    DELIVERED = "DELIVERED", "已送达", "Delivered"
    REFUSED = "REFUSED", "被拒绝", "Refused"


class CrossResult(CodeList):
    """交叉互检结果 / Result of a cross-inspection"""

    SOUND = "SOUND", "符合要求", "As it should be"
    WANTING = "WANTING", "存在不足", "Something wanting"


LISTS = (
    Theme, SystemKind, MeetingKind, NegotiationMatter, TeamKind, PlanStratum, PlanState, DrawRole, VisitState, FiveOnes,
    SeatSource,
    FailureReason, QuestionKind, ConflictState, Domain, Measure,
    FindingSubject, FindingKind, Severity, FindingState, FindingStepKind, LinkedService, LinkState, CrossResult,
)  # fmt: skip
