"""The figures of the briefing: each counted from the very statement that its address lists."""

from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import Select, Subquery, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.figures import Figure, agreed, figure
from services.inspection.codes import DrawRole, MeetingKind, NegotiationMatter, PlanStratum, TeamKind
from services.inspection.queries import campaigns, draws, meetings, plans, teams


class Counted(NamedTuple):
    """A figure that is the number of rows a list shows."""

    id: str
    unit: str
    zh: str
    en: str
    path: str
    query: dict[str, str]
    rows: Select[Any]

    @property
    def href(self) -> str:
        return f"{self.path}?{urlencode(self.query)}"


def _meetings(id: str, kind: MeetingKind, as_of: date, matter: NegotiationMatter | None = None) -> Counted:
    query = {"kind": kind.value, "as_of": str(as_of)} | ({"matter": matter.value} if matter else {})
    en = f"{kind.en} meetings" if matter is None else f"Negotiations on {matter.en.lower()}"
    zh = kind.zh if matter is None else f"{matter.zh}{kind.zh}"
    rows = meetings.meetings(kind=kind, matter=matter, as_of=as_of)
    return Counted(id, "meeting", zh, en, "/v1/meetings", query, rows)


def _teams(id: str, kind: TeamKind, on: date) -> Counted:
    query = {"kind": kind.value, "on": str(on)}
    return Counted(id, "team", kind.zh, f"{kind.en}s", "/v1/teams", query, teams.teams(kind=kind, on=on))


def counted(as_of: date) -> list[Counted]:
    """The figures that are counts of rows, in the order of the briefing."""
    on, by = {"on": str(as_of)}, {"as_of": str(as_of)}
    return [
        Counted("task_forces", "group", "专项推进小组", "Task forces", "/v1/task-forces", on,
                meetings.task_forces(on=as_of)),
        Counted("working_systems", "system", "工作制度", "Working systems", "/v1/working-systems", on,
                meetings.working_systems(on=as_of)),
        _meetings("leading_group_meetings", MeetingKind.LEADING_GROUP, as_of),
        _meetings("joint_meetings", MeetingKind.JOINT, as_of),
        _meetings("task_force_meetings", MeetingKind.TASK_FORCE, as_of),
        _meetings("village_team_dispatch_meetings", MeetingKind.VILLAGE_TEAM_DISPATCH, as_of),
        _teams("village_work_teams", TeamKind.VILLAGE_WORK, as_of),
        Counted("poor_villages_supervised", "village", "贫困村重点督查", "Poor villages under key supervision",
                "/v1/supervised-villages", on, plans.supervised_villages(on=as_of)),
        _teams("inspection_teams", TeamKind.INSPECTION, as_of),
        _meetings("medical_negotiations", MeetingKind.NEGOTIATION, as_of, NegotiationMatter.MEDICAL),
        Counted("five_ones_activities", "activity", "五个一活动", "Five-ones activities", "/v1/campaign-activities", by,
                campaigns.campaign_activities(as_of=as_of)),
        Counted("work_tips_issued", "issue", "工作提示", "Work tips issued", "/v1/work-tips", by,
                campaigns.work_tips(as_of=as_of)),
        _teams("roving_inspection_teams", TeamKind.ROVING, as_of),
    ]  # fmt: skip


async def figures(db: AsyncSession, as_of: date) -> list[Figure]:
    """Every figure of inspection on a day."""
    asked = counted(as_of)
    counts = select(*(select(func.count()).select_from(f.rows.subquery()).scalar_subquery() for f in asked))
    found = [
        figure(f.id, rows, f.unit, zh=f.zh, en=f.en, href=f.href, rows=rows)
        for f, rows in zip(asked, (await db.execute(counts)).one(), strict=True)
    ]
    on = f"on={as_of}"
    villages = draws.drawn_villages(stratum=PlanStratum.SAMPLE, on=as_of).subquery()
    per_town = await _sizes(db, villages, "town_code")
    households = draws.drawn_households(role=DrawRole.MAIN, on=as_of).subquery()
    per_village = await _sizes(db, households, "village_code")
    return [
        *found,
        figure(
            "villages_sampled_per_town", agreed(set(per_town)), "village",
            zh="每镇抽查村", en="Villages sampled per town",
            href=f"/v1/drawn-villages?stratum=SAMPLE&{on}", rows=sum(per_town),
        ),
        figure(
            "households_sampled_per_village", agreed(set(per_village)), "household",
            zh="每村抽查户", en="Households sampled per village",
            href=f"/v1/drawn-households?role=MAIN&{on}", rows=sum(per_village),
        ),
    ]  # fmt: skip


async def _sizes(db: AsyncSession, rows: Subquery, place: str) -> list[int]:
    """How many rows each place has in each draw."""
    grouped = select(func.count()).select_from(rows).group_by(rows.c.draw_id, rows.c[place])
    return list((await db.execute(grouped)).scalars())
