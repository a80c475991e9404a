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


class FiveOnes(CodeList):
    """五个一活动 / The five-ones activities"""

    LECTURES = "LECTURES", "开展一轮宣讲活动", "One round of lectures"
    MODELS = "MODELS", "选树一批先进典型", "One group of models"
    ENVIRONMENT = "ENVIRONMENT", "进行一次环境整治", "One clean-up"
    TROUPE = "TROUPE", "建立一支文艺队伍", "One arts troupe"
    PROJECT = "PROJECT", "发展一个脱贫项目", "One project against poverty"


LISTS = (
    Theme, SystemKind, MeetingKind, NegotiationMatter, TeamKind, PlanStratum, PlanState, DrawRole, VisitState, FiveOnes
)  # fmt: skip
