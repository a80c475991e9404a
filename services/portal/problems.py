from fupin.problems import Problem


class NotTheIssuer(Problem):
    """Tokens are issued elsewhere: this deployment uses its own identity provider."""

    status = 404
    zh = "令牌由其他身份提供方签发，本门户不签发令牌。"


class UnknownFigure(Problem):
    """The briefing has no such figure."""

    status = 404
    zh = "简报中没有这个数字。"


class FromElsewhere(Problem):
    """This form was sent from another site."""

    status = 403
    zh = "该表单来自其他网站，已拒绝。"
