from fupin.codelists import CodeList


class ProcedureKind(CodeList):
    """程序 / Procedure"""

    IDENTIFICATION = "IDENTIFICATION", "贫困户识别", "Identification of a poor household"
    EXIT = "EXIT", "贫困户退出", "Exit from poverty"
    MONITORING = "MONITORING", "防返贫监测", "Monitoring against a relapse"


class StepKind(CodeList):
    """程序步骤 / Step of a procedure"""

    APPLICATION = "APPLICATION", "农户申请", "Application by the household"
    NOMINATION = "NOMINATION", "对象初选", "Nomination by the village"
    RISK_FOUND = "RISK_FOUND", "发现风险", "Risk found"
    DEMOCRATIC_REVIEW = "DEMOCRATIC_REVIEW", "民主评议", "Democratic review"
    VERIFICATION = "VERIFICATION", "入户核实", "Verification with the household"
    FIRST_NOTICE = "FIRST_NOTICE", "村内公示", "Notice in the village"
    TOWN_REVIEW = "TOWN_REVIEW", "乡镇审核", "Review by the town"
    SECOND_NOTICE = "SECOND_NOTICE", "二次公示", "Second notice"
    COUNTY_APPROVAL = "COUNTY_APPROVAL", "县级审定", "Approval by the county"
    ANNOUNCEMENT = "ANNOUNCEMENT", "公告", "Announcement"
    MEASURE = "MEASURE", "帮扶措施", "Measure"
    RISK_REVIEW = "RISK_REVIEW", "风险核查", "Review of the risk"
    RISK_CLEARED = "RISK_CLEARED", "风险消除", "Risk cleared"
    RELAPSE = "RELAPSE", "认定返贫", "Relapse confirmed"
    OBJECTION = "OBJECTION", "异议", "Objection"
    OBJECTION_ANSWER = "OBJECTION_ANSWER", "异议答复", "Answer to an objection"
    WITHDRAWAL = "WITHDRAWAL", "撤回", "Withdrawal"


class StepOutcome(CodeList):
    """步骤结果 / Outcome of a step"""

    PASSED = "PASSED", "通过", "Goes on"
    REFUSED = "REFUSED", "不通过", "Ends here"


class ProcedureState(CodeList):
    """程序状态 / State of a procedure"""

    RUNNING = "RUNNING", "办理中", "Running"
    APPROVED = "APPROVED", "已审定", "Approved"
    ANNOUNCED = "ANNOUNCED", "已公告", "Announced"
    CLEARED = "CLEARED", "风险已消除", "Risk cleared"
    RELAPSED = "RELAPSED", "已认定返贫", "Relapse confirmed"
    REFUSED = "REFUSED", "未通过", "Refused"
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn"


class StepDuty(CodeList):
    """步骤职责 / Duty of a step: nobody approves what they reviewed"""

    RECORD = "RECORD", "经办", "Record"
    REVIEW = "REVIEW", "审核", "Review"
    APPROVE = "APPROVE", "审批", "Approve"


class NoticeDays(CodeList):
    """公示期计算 / How the days of a notice are counted"""

    CALENDAR = "CALENDAR", "自然日", "Calendar days"
    WORKING = "WORKING", "工作日", "Working days"


class MonitoringKind(CodeList):
    """监测对象类别 / Kind of a monitored household"""

    UNSTABLE_EXITED = "UNSTABLE_EXITED", "脱贫不稳定户", "Out of poverty, not stably"
    NEAR_POOR = "NEAR_POOR", "边缘易致贫户", "Near poverty"
    SUDDEN_HARDSHIP = "SUDDEN_HARDSHIP", "突发严重困难户", "In sudden hardship"


class RiskKind(CodeList):
    """风险类型 / Kind of risk"""

    ILLNESS = "ILLNESS", "因病", "Illness"
    DISABILITY = "DISABILITY", "因残", "Disability"
    SCHOOLING = "SCHOOLING", "因学", "Schooling"
    DISASTER = "DISASTER", "因自然灾害", "Natural disaster"
    ACCIDENT = "ACCIDENT", "因意外事故", "Accident"
    EMPLOYMENT = "EMPLOYMENT", "因务工就业不稳", "Unstable work"
    INDUSTRY = "INDUSTRY", "因产业项目失败", "Failed business"
    HOUSING = "HOUSING", "住房出现安全问题", "Unsafe house"
    WATER = "WATER", "饮水出现安全问题", "Unsafe water"
    OTHER = "OTHER", "其他", "Other"


class RiskSource(CodeList):
    """风险线索来源 / Who found the risk"""

    HOUSEHOLD = "HOUSEHOLD", "农户申报", "The household itself"
    CADRE = "CADRE", "干部排查", "Cadres on their rounds"
    DEPARTMENT = "DEPARTMENT", "部门预警", "Warning by a department"


class ExitRequirement(CodeList):
    """退出条件 / What a household must have to leave poverty"""

    INCOME = "INCOME", "家庭人均纯收入稳定超过当年贫困标准", "Net income per head above the year's poverty line"
    FOOD = "FOOD", "不愁吃", "Food"
    CLOTHING = "CLOTHING", "不愁穿", "Clothing"
    HOUSING = "HOUSING", "住房安全有保障", "Safe housing"
    WATER = "WATER", "饮水安全有保障", "Safe water"
    MEDICAL = "MEDICAL", "基本医疗有保障", "Basic medical care"
    EDUCATION = "EDUCATION", "义务教育有保障", "Compulsory education"
    CONFIRMATION = "CONFIRMATION", "拟退出户签字确认", "The household's own confirmation"
