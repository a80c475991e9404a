from fupin.codelists import CodeList


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
