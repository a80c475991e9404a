"""A drawn county with its visits planned, and answers as a household gives them."""

from typing import Any

from tests.conftest import Api
from tests.inspection.conftest import Drawn, Json, all_of, new_team, ok

DAY = "2018-05-16"


async def planned(inspection: Api, drawn: Drawn, **plan: Any) -> tuple[Json, list[Json], str]:
    """A draw in two towns, its visits in order, and the seeded checklist's id."""
    _, drawing = await drawn(**plan)
    team = await new_team(inspection, "一")
    await ok(inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"]]}))
    visits = await all_of(inspection, f"/v1/visits?draw_id={drawing['id']}")
    (checklist,) = await all_of(inspection, "/v1/checklists?name=household")
    return drawing, visits, checklist["id"]


def said(**other: Any) -> dict[str, Any]:
    """Answers of a registered household that has exited; None leaves a question out."""
    given = {
        "food_enough": True, "protein": True, "clothing": True, "pupils": 0, "insured": True, "doctor": True,
        "house_grade": "B", "water_safe": True, "water_minutes": 5, "registered": True, "assessed": True,
        "cause": "ILLNESS", "exited": True, "exit_agreed": True, "income_per_head": "4120.50", "helper_known": True,
        "helper_visits": 3, "measures": ["HEALTH", "WORK"], "help_works": True, "satisfied": "VERY",
    }  # fmt: skip
    return {name: value for name, value in (given | other).items() if value is not None}


async def record(inspection: Api, visit: Json, checklist: str, **other: Any) -> Json:
    body = {"checklist_id": checklist, "visited_on": DAY, "answers": said(**other)}
    return await ok(inspection.post(f"/v1/visits/{visit['id']}/answers", json=body))


async def fail(inspection: Api, visit: Json) -> Json:
    body = {"visited_on": DAY, "failure": "AWAY", "note": "邻居称外出务工"}
    return await ok(inspection.post(f"/v1/visits/{visit['id']}:fail", json=body), 200)
