"""Every way a rule of eligibility, or a decision by it, is refused."""

from fupin.problems import Problem


class ExpressionRefused(Problem):
    """An expression of the rule is not one over the facts of a household; `errors` says where and why."""

    zh = "规则表达式有误，errors 中列出了位置和原因。"


class ClausesMisfit(Problem):
    """The clauses do not fit the rule's purpose: codes are unique, and those of a known purpose are given."""

    zh = "条款与规则用途不符：条款代码不得重复，已知用途须使用规定的代码和条款关系。"


class DrafterApproves(Problem):
    """Whoever drafted a rule does not put it in force: two different people."""

    status = 409
    zh = "起草人与审批人不得为同一人。"
    constraint = "ck_eligibility_rule_two_people"


class RuleNotDraft(Problem):
    """The rule is no draft any more: it is in force or withdrawn, and does not change."""

    status = 409
    zh = "该规则已不是草案，不能再变更。"


class RuleOverlaps(Problem):
    """Another rule of this purpose is in force on some of these days; a newer rule begins after it began."""

    status = 409
    zh = "同一用途的另一规则在此期间内生效，新规则的起始日须晚于其起始日。"
    constraint = "ex_eligibility_rule_in_force"


class NoRuleInForce(Problem):
    """No rule of this purpose is in force on the day."""

    status = 409
    zh = "该日没有此用途的生效规则。"


class WrongPurpose(Problem):
    """A rule of another purpose, or one that is not in force on the day, does not decide this."""

    status = 409
    zh = "该规则用途不符，或者当日未生效，不能作此认定。"


class RunsNotAlike(Problem):
    """Two runs are compared when both have ended and are of the same purpose."""

    status = 409
    zh = "两次批量认定须均已完成且用途相同，才能比较。"
