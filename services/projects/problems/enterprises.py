from fupin.problems import Problem


class EnterpriseKnown(Problem):
    """An enterprise with this unified social credit code is already recorded."""

    status = 409
    zh = "该统一社会信用代码的经营主体已登记。"
    constraint = "uq_enterprise_uscc"


class NoSuchEnterprise(Problem):
    """The implementing enterprise is not recorded here."""

    status = 409
    zh = "未登记该实施企业。"
    constraint = "fk_project_enterprise_id"
