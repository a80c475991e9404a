"""A small county with something to see on every page."""

from typing import NamedTuple

import pytest

from fujin.funds import RULE, TERMS
from tests.conftest import Api
from tests.funds.conftest import move
from tests.funds.test_appropriations import arrive, grant, plan
from tests.funds.test_loans import pay
from tests.funds.test_loans_whole import lend
from tests.inspection.conftest import Drawn, drawn, new_team, town, village
from tests.inspection.test_findings import find
from tests.inspection.test_reports import closed
from tests.inspection.visiting import fail, planned, record
from tests.projects.conftest import Declare, declare, projects
from tests.registry.files import roster
from tests.registry.test_comparisons import BASE, NEWER, _compare
from tests.registry.world import made

__all__ = ["declare", "drawn", "projects"]

DAY = "2018-06-29"
FUND_DAY = "2019-07-05"  # a month after the first contribution was due


class County(NamedTuple):
    """Where its pages are."""

    comparison: str
    round: str

    @property
    def pages(self) -> dict[str, str]:
        return {
            "briefing": f"/briefing?as_of={DAY}", "funds": f"/funds?as_of={FUND_DAY}",
            "comparison": f"{self.comparison}?lang=zh", "library": f"/library?as_of={DAY}",
            "round": f"{self.round}?as_of={DAY}",
        }  # fmt: skip


@pytest.fixture
async def county(registry: Api, funds: Api, inspection: Api, declare: Declare, projects: Api, drawn: Drawn) -> County:
    """One round with answers and findings, one comparison, three projects, money granted, spent and given."""
    drawing, visits, checklist = await planned(inspection, drawn)
    for number, visit in enumerate(visits[:12]):
        await record(inspection, visit, checklist, help_works=number % 3 > 0, protein=number % 4 > 0)
    await fail(inspection, visits[12])
    team = await new_team(inspection, "二")
    first = await find(inspection)
    await find(inspection, division_code=village(1, 0), kind="05", severity="MINOR", working_days=2)
    await closed(inspection, first, team, "2018-06-04")

    base = await roster(registry, BASE, "台账")
    newer = await roster(registry, NEWER, "最新数据", as_of="2018-04-30")
    comparison = await _compare(registry, base, newer, [])

    await declare("IMPLEMENTING")
    await declare(category="PLANTING", division_code=village(1, 0))
    late = await declare("ADMITTED", category="WATER", division_code=town(0))
    goal = {"kind": "ACCEPTANCE", "planned_on": "2018-05-30"}
    await made(projects.post(f"/v1/projects/{late['id']}/milestones", json=goal))

    maker, checker = funds.as_("finance-maker"), funds.as_("finance-checker")
    loan = await lend(maker, checker)
    path = await grant(maker, amount_fen=100_000_000)
    await arrive(maker, path, 60_000_000)
    use = await plan(maker, checker, path, 30_000_000)
    await made(maker.post(f"{use}/expenditures", key="s", json={"amount_fen": 20_000_000, "payee": "共享账户"}))
    alarm = {"name": "到账一个月无支出", "kind": "IDLE", "days": 30}
    await made(checker.post("/v1/alarm-rules", json=alarm))
    gift = {"kind": "DONATION", "amount_fen": 12_345_678, "payer": "捐赠单位", "division_code": village(0, 0)}
    await made(maker.post("/v1/incomes", key="g", json=gift))
    move(maker, FUND_DAY)
    await pay(maker, loan, TERMS["yearly_contribution_fen"] // 3, FUND_DAY)
    rule = await made(maker.post("/v1/distribution-rules", json=RULE))
    draft = {"year": 2019, "rule_id": rule["id"], "pot_fen": 10_000_000}
    await made(maker.post("/v1/distributions", json=draft))
    return County(f"/comparisons/{comparison}", f"/rounds/{drawing['plan_id']}")
