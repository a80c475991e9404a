"""Teams and cross-inspections."""

from fupin.problems import Problem


class VillageTeamNeedsItsVillage(Problem):
    """A village work team is at home in a village; other teams in a town or a village, or nowhere."""

    status = 422
    zh = "驻村工作队须注明所驻村；其他工作队可注明所在镇或村，也可不注明。"
    constraint = "ck_team_home"


class TeamNameTaken(Problem):
    """A team of this kind and name exists already."""

    status = 409
    zh = "同类工作队中已有此名称。"
    constraint = "uq_team_kind_name_valid_from"


class TeamAtHome(Problem):
    """A team never inspects its own place, nor one of its members' own."""

    status = 409
    zh = "工作队不得检查本地，也不得检查队员所在地（交叉互检）。"
    constraint = "ct_visit_team_not_at_home"


class VillageTeamAtHome(Problem):
    """A village work team never inspects its own village."""

    status = 409
    zh = "驻村工作队不得检查所驻村（交叉互检）。"
    constraint = "ct_cross_inspection_team_not_at_home"


class HomeOnTheList(Problem):
    """A place that the team is to inspect cannot become its home or a member's."""

    status = 409
    zh = "工作队已安排检查的地方不能成为其所在地或队员所在地。"
    constraint = "ct_team_home_not_on_list"


class MemberAtHomeOnTheList(Problem):
    """Somebody from a place that the team is to inspect cannot join it."""

    status = 409
    zh = "工作队已安排检查某地，来自该地的人员不能加入。"
    constraint = "ct_team_member_home_not_on_list"


class CrossInspectionAlreadyPlanned(Problem):
    """This team already inspects that village on that day."""

    status = 409
    zh = "该工作队当日已安排检查该村。"
    constraint = "uq_cross_inspection_team_id_division_code_planned_on"


class AlreadyPlanned(Problem):
    """This draw's visits are planned already."""

    status = 409
    zh = "本次抽取的入户核查已经安排。"
    constraint = "uq_visit_draw_id_household_no"


class PeriodTooShort(Problem):
    """The working days of the plan's period do not suffice for these villages and teams."""

    status = 409
    zh = "计划期间的工作日不足以安排这些村和工作队。"


class TeamNotOnDuty(Problem):
    """Visits are made by inspection teams, roving or not, on days when they are at work."""

    status = 409
    zh = "入户核查由督查组或巡回督查组在其履职期间进行。"
    constraint = "ct_visit_team_on_duty"


class NotAVillageTeam(Problem):
    """Cross-inspection is the work of village work teams, on days when they are at work."""

    status = 409
    zh = "交叉互检由驻村工作队在其履职期间进行。"
    constraint = "ct_cross_inspection_team_on_duty"


class CrossResultMissing(Problem):
    """A cross-inspection that was done says when, with which result, and what was learned."""

    status = 422
    zh = "交叉互检完成后须同时填写完成日期、结果和学习经验。"
    constraint = "ct_cross_inspection_result"


class NoPairing(Problem):
    """These teams cannot be paired so that each inspects another one's village and none its own place."""

    status = 409
    zh = "所列工作队无法配对：每队须检查另一队的村，且不得检查本地。"
