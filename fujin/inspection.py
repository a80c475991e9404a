"""Into inspection: who drives the work, who inspects whom, and a sample that anyone can draw again.

The county's report says how many meetings were held and tips issued, not when or about what: their days, subjects and
minutes here are made up, as is the lottery number. The draw is real: it goes by the rules, step by step, and its proof
repeats (`GET /v1/draws/{id}/proof`).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from fujin import visits
from fujin.client import Api, Service
from fujin.people import People
from fujin.world import World

TASK_FORCES = {
    "HEALTH": ("卫生健康局", ["人力资源和社会保障局", "民政局"]),
    "EDUCATION": ("教育局", ["财政局"]),
    "HOUSING": ("住房和城乡建设局", ["民政局", "残疾人联合会"]),
    "WATER": ("水务局", ["财政局", "发展和改革局"]),
    "AGRICULTURE": ("农业局", ["畜牧兽医局", "商务局"]),
    "LABOUR": ("人力资源和社会保障局", ["农业局"]),
}

WORKING_SYSTEMS = {
    "JOINT_MEETING": "关于建立脱贫攻坚联席会议制度的通知",
    "WORK_DISPATCH": "关于建立工作调度制度的通知",
    "MAJOR_MATTER_REPORT": "关于建立重大事项报告制度的通知",
    "TASK_FORCE_MEETING": "关于建立专项推进例会制度的通知",
}

# Kind, days held, subject.
MEETINGS = (
    ("LEADING_GROUP", ("2018-03-02", "2018-04-24"), "领导小组会议：研究脱贫攻坚重点任务"),
    ("JOINT", ("2018-03-09", "2018-04-10", "2018-05-09"), "联席会议：部门通报进展、协调问题"),
    ("VILLAGE_TEAM_DISPATCH", ("2018-03-06", "2018-03-28", "2018-04-18", "2018-05-08"), "调度会议：听取驻村工作队汇报"),
)
TASK_FORCE_DAYS = ("2018-03-20", "2018-04-20")  # each of the six meets twice: twelve meetings
NEGOTIATION_DAYS = ("2018-04-12", "2018-05-04")

WORK_TIPS = (
    ("2018-03-12", "严格落实包保责任"),
    ("2018-04-02", "做好扶贫对象动态管理数据比对"),
    ("2018-04-23", "简化“一册五卡四帐”填写"),
    ("2018-05-11", "加强产业项目论证和利益联结"),
)

FIVE_ONES = {
    "LECTURES": ("2018-04-03", "开展一轮宣讲活动"),
    "MODELS": ("2018-04-10", "选树一批先进典型"),
    "ENVIRONMENT": ("2018-04-16", "进行一次环境整治"),
    "TROUPE": ("2018-04-20", "建立一支文艺队伍"),
    "PROJECT": ("2018-05-03", "发展一个脱贫项目"),
}

NUMERALS = "一二三四五六七八"

# 每镇抽查4个村，每村抽查10户（贫困户和非贫困户各5户）; the 8 poor villages are all supervised.
PLAN: dict[str, Any] = {
    "plan_no": "FUJIN-2018-1",
    "purpose": "核查“两不愁、三保障”落实、精准识别、精准退出、帮扶成效、群众满意度",
    "period_from": "2018-05-10",
    "period_to": "2018-06-29",
    "strata": ["KEY", "SAMPLE"],
    "villages_per_town": 4,
    "poor_per_village": 5,
    "non_poor_per_village": 5,
    "reserves": 3,
}

# Each day comes after the one before, or nobody would believe the draw.
FRAME = {"frame_on": "2018-05-03", "frozen_on": "2018-05-03"}
PUBLICATION = {"published_on": "2018-05-04", "published_in": "市政府网站扶贫公告（演示）"}
SEED_EVENT = {
    "event": "福彩双色球2018年5月6日开奖号码，红球由小到大、后接蓝球，空格分隔（演示用虚构号码）",
    "named_on": "2018-05-04",
    "occurs_on": "2018-05-06",
}
SEED = {"seed": "02 09 14 21 27 33 08", "drawn_on": "2018-05-07"}


def load(api: Api, world: World) -> None:
    visits.load(api, world, *send_out(api, world))


def send_out(api: Api, world: World) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Everything up to the visits that are due; the draw, and the roving teams."""
    office = api("inspection", role="inspector", division=world.county.code)
    county = {"division_code": world.county.code}

    forces = task_forces(office, county)
    meetings(office, county, forces)
    tips_and_campaign(office, county)

    cross_inspect(office, village_teams(office, world))
    inspectors, roving = inspection_teams(office, world)
    draw = sample(office, county)
    # Every main household gets a visit, every village a team that is not at home there.
    office.post(f"/v1/draws/{draw['id']}/visits", {"team_ids": [team["id"] for team in inspectors]})
    return draw, roving


def task_forces(office: Service, county: dict[str, Any]) -> dict[str, Any]:
    """专项推进小组 and the four working systems (工作制度)."""
    for kind, document in WORKING_SYSTEMS.items():
        office.post(
            "/v1/working-systems", {**county, "kind": kind, "established_on": "2018-02-28", "document": document}
        )
    return {
        theme: office.post(
            "/v1/task-forces",
            {**county, "theme": theme, "leader_unit": leader, "members": members, "valid_from": "2018-02-26"},
        )
        for theme, (leader, members) in TASK_FORCES.items()
    }


def meetings(office: Service, county: dict[str, Any], forces: dict[str, Any]) -> None:
    """Meetings with minutes; each leading-group meeting asks somebody for something by a day."""
    for meeting in planned_meetings(forces):
        held = office.post("/v1/meetings", {**county, "place": "市政府会议室", **meeting})
        if meeting["kind"] == "LEADING_GROUP":
            due = date.fromisoformat(held["held_on"]) + timedelta(days=21)
            task = {"task": "汇总各专项推进情况", "owner": "扶贫办", "due_on": str(due)}
            office.post(f"/v1/meetings/{held['id']}/action-items", task)


def planned_meetings(forces: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind, days, subject in MEETINGS:
        for day in days:
            yield {"kind": kind, "held_on": day, "subject": subject, "minutes": f"{subject}。（演示纪要）"}
    for force in forces.values():
        for day in TASK_FORCE_DAYS:
            yield {
                "kind": "TASK_FORCE", "task_force_id": force["id"], "held_on": day, "attendees": force["members"],
                "subject": f"{force['leader_unit']}牵头专项推进例会", "minutes": "通报进度，明确下步工作。（演示纪要）",
            }  # fmt: skip
    for day in NEGOTIATION_DAYS:
        yield {
            "kind": "NEGOTIATION", "matter": "MEDICAL", "held_on": day,
            "attendees": ["人力资源和社会保障局", "民政局", "财政局", "保险公司"],
            "subject": "控制贫困人口医疗费用自付比例磋商", "minutes": "形成初步解决方案。（演示纪要）",
        }  # fmt: skip


def tips_and_campaign(office: Service, county: dict[str, Any]) -> None:
    """Four work tips (工作提示), and the campaign with its five "ones" (五个一)."""
    for number, (day, title) in enumerate(WORK_TIPS, 1):
        content = f"{title}。（演示内容）"
        office.post(
            "/v1/work-tips", {**county, "issue_no": number, "issued_on": day, "title": title, "content": content}
        )
    campaign = office.post(
        "/v1/campaigns",
        {
            **county,
            "theme": "自强、感恩、文明",
            "notice": "关于在脱贫攻坚工作中开展以“自强、感恩、文明”为主题的扶志教育活动的通知",
            "launched_on": "2018-03-26",
        },
    )
    for kind, (day, title) in FIVE_ONES.items():
        activity = {"kind": kind, "started_on": day, "description": title}
        office.post(f"/v1/campaigns/{campaign['id']}/activities", activity)


def village_teams(office: Service, world: World) -> list[dict[str, Any]]:
    """驻村工作队: one in each poor village, of three people."""
    people = People(world.dice("village teams"))
    return [
        office.post(
            "/v1/teams",
            {
                "division_code": village.code,
                "kind": "VILLAGE_WORK",
                "name": f"{village.name}驻村工作队",
                "home_division_code": village.code,
                "valid_from": "2018-03-01",
                "members": crew(people, size=3),
            },
        )
        for village in world.poor_villages
    ]


def cross_inspect(office: Service, teams: list[dict[str, Any]]) -> None:
    """交叉互检: round the table, each team inspects the next one's village. The service refuses a team its own."""
    for number, team in enumerate(teams):
        host = teams[(number + 1) % len(teams)]
        day = "2018-04-11" if number % 2 == 0 else "2018-04-12"
        crossing = {"team_id": team["id"], "village_code": host["home_division_code"], "planned_on": day}
        office.post("/v1/cross-inspections", crossing)
    for crossing in list(office.items("/v1/cross-inspections")):
        if crossing["done_on"] is None:
            learned = "学习档案整理做法，指出问题三项。（演示）"
            done = {"done_on": crossing["planned_on"], "result": "WANTING", "experience": learned}
            office.patch(f"/v1/cross-inspections/{crossing['id']}", done)


def inspection_teams(office: Service, world: World) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """5 督查组, each from a town it will not inspect, and 4 巡回督查组 from the county's own offices."""
    people = People(world.dice("inspection teams"))
    county = {"division_code": world.county.code, "valid_from": "2018-03-01"}
    teams = [
        {
            **county,
            "kind": "INSPECTION",
            "name": f"第{NUMERALS[n]}督查组",
            "home_division_code": world.towns[2 * n].code,
        }
        for n in range(5)
    ]
    roving = [{**county, "kind": "ROVING", "name": f"第{NUMERALS[n]}巡回督查组"} for n in range(4)]
    checkers = [office.post("/v1/teams", {**team, "members": crew(people, size=3)}) for team in roving]
    return [office.post("/v1/teams", {**team, "members": crew(people, size=5)}) for team in teams], checkers


def crew(people: People, size: int) -> list[dict[str, Any]]:
    """Made-up people from made-up offices; the first leads."""
    units = ["扶贫办", "农业局", "民政局", "教育局", "卫生健康局"]
    return [
        {"name": people.name(male=n % 2 == 0), "unit": units[n], "leads": n == 0, "joined_on": "2018-03-01"}
        for n in range(size)
    ]


def sample(office: Service, county: dict[str, Any]) -> dict[str, Any]:
    """
    The plan and its draw. First the frame is frozen and its digest made public, then an event is named whose outcome
    nobody can know, and only when it has happened does its value become the seed.
    """
    plan = office.post("/v1/plans", {**county, **PLAN})
    frame = office.post(f"/v1/plans/{plan['id']}/frame", FRAME)
    office.post(f"/v1/frames/{frame['id']}:publish", PUBLICATION)
    office.post(f"/v1/plans/{plan['id']}/seed-events", SEED_EVENT)
    draw: dict[str, Any] = office.post(f"/v1/plans/{plan['id']}/draws", SEED)
    return draw
