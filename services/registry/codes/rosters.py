from fupin.codelists import CodeList


class RosterKind(CodeList):
    """台账类别 / Kind of roster"""

    HOUSING = "HOUSING", "危房改造四类人员台账", "Housing renovation, the four categories"
    APPRAISAL = "APPRAISAL", "房屋鉴定结果", "House appraisal results"
    APPLICATION = "APPLICATION", "申请名单", "Application"
    OTHER = "OTHER", "其他", "Other"


class FourCategory(CodeList):
    """四类人员类别 / The four categories of people entitled to housing renovation"""

    REGISTERED_POOR = "REGISTERED_POOR", "建档立卡贫困户", "Registered poor"
    MINIMUM_LIVING = "MINIMUM_LIVING", "低保户", "Minimum living allowance"
    DESTITUTE = "DESTITUTE", "农村分散供养特困人员", "Destitute, in dispersed care"
    POOR_DISABLED = "POOR_DISABLED", "贫困残疾人家庭", "Poor family with a disabled member"


class RosterState(CodeList):
    """台账状态 / State of a roster"""

    LOADING = "LOADING", "载入中", "Loading"
    READY = "READY", "可用", "Ready; its rows no longer change"
    REFUSED = "REFUSED", "有错未载入", "Refused, holds no rows"


class Outcome(CodeList):
    """比对结果 / Outcome of a comparison for one row"""

    KEPT = "KEPT", "符合", "In the base roster and still eligible"
    REMOVED = "REMOVED", "清退", "In the base roster and no longer eligible"
    ADDED = "ADDED", "新增", "Only in the newer roster"
    CONFLICT = "CONFLICT", "待核", "Contradictory: a person decides"
    DROPPED = "DROPPED", "不纳入", "Only in the newer roster and not taken"


class MatchKey(CodeList):
    """匹配依据 / By which key two rows were matched"""

    ID_NUMBER = "ID_NUMBER", "证件号码", "ID number"
    HOUSEHOLD_NO = "HOUSEHOLD_NO", "户编号", "Household number"
    NAME_AND_DIVISION = "NAME_AND_DIVISION", "姓名和行政区划", "Name and division"


class Contradiction(CodeList):
    """矛盾之处 / In what two rows of one person contradict each other"""

    ID_NUMBER = "ID_NUMBER", "证件号码不同", "Different ID numbers"
    HOUSEHOLD_NO = "HOUSEHOLD_NO", "户编号不同", "Different household numbers"
    NAME = "NAME", "姓名不同", "Different names"
    CATEGORY = "CATEGORY", "类别不同", "Different categories"
    TWICE_IN_BASE = "TWICE_IN_BASE", "原台账中证件号码重复", "The ID number stands twice in the base roster"
    TWICE_IN_NEWER = "TWICE_IN_NEWER", "新数据中证件号码重复", "The ID number stands twice in the newer roster"


class ComparisonState(CodeList):
    """比对状态 / State of a comparison"""

    RUNNING = "RUNNING", "比对中", "Running"
    OPEN = "OPEN", "待核定", "Classified, waiting for sign-off"
    SIGNED_OFF = "SIGNED_OFF", "已核定", "Signed off, frozen"
    FAILED = "FAILED", "失败", "Failed"
