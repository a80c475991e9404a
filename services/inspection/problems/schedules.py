"""Day-routes and crews."""

from fupin.problems import Problem


class VillageNotPlaced(Problem):
    """A village has no coordinates in the frame, so its road is not known."""

    status = 409
    zh = "有村在抽样框中没有经纬度，无法估算路程。"


class CountyWithoutTeam(Problem):
    """None of the teams named is to work in a county where villages were drawn."""

    status = 409
    zh = "有被抽中村的县没有安排工作队。"


class VillageBeyondDay(Problem):
    """A village does not fit into a working day even alone: road and visits take longer."""

    status = 409
    zh = "仅一个村的路程和入户时间已超过一个工作日。"


class TooManyRoutes(Problem):
    """A day holds so many villages that not every combination can be looked at; allow fewer villages a day."""

    status = 409
    zh = "每日可走村数过多，组合无法逐一比较，请减少每日村数。"


class TooFewTeamDays(Problem):
    """The teams' days do not suffice for these villages; so many team-days are missing."""

    status = 409
    zh = "工作队的可用天数不足，缺少的队日数见 team_days_missing。"


class TeamInTwoPlaces(Problem):
    """A team is never on two places at once."""

    status = 409
    zh = "同一工作队不得同时在两处。"
    constraint = "ex_schedule_stop_team_id"


class ScheduleOutdated(Problem):
    """The schedule is in force already, or was made for a draw or a schedule that is not the last one."""

    status = 409
    zh = "该日程已经执行，或所依据的抽取、日程已不是最新。"


class NoTeamWithoutConflict(Problem):
    """Every team named is at home in this village; name a further team."""

    status = 409
    zh = "所列工作队都来自该村所在地，请增加工作队。"
