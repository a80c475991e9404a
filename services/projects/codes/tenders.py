from fupin.codelists import CodeList


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
