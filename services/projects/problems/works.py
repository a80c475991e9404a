from fupin.problems import Problem


class WrongMilestone(Problem):
    """Projects of this category have no such milestone."""

    status = 409
    zh = "该类别项目没有此里程碑。"


class MilestonePlanned(Problem):
    """The project already has a milestone of this kind."""

    status = 409
    zh = "该项目已有此里程碑。"
    constraint = "uq_milestone_project_id_kind"


class MilestoneReached(Problem):
    """This milestone has already been reached."""

    status = 409
    zh = "该里程碑已完成。"


class VillageCovered(Problem):
    """The project already covers one of these villages for this purpose."""

    status = 409
    zh = "该项目已按此内容覆盖其中的村。"
    constraint = "uq_project_village_project_id_division_code_purpose"


class UnknownDivisions(Problem):
    """Some of these divisions are not in the registry, or are outside your division."""

    status = 409
    zh = "部分行政区划在登记库中不存在，或不在您的行政区划范围内。"
