"""Into the fund account: the two enterprises' loan contracts, and the rule by which their contributions are shared.

A finance clerk proposes, another person approves: the token of the first cannot do what the second's can. The county's
report speaks of money it *plans* to lend (拟定投入): with approved contracts the briefing counts two enterprises,
20,000,000 yuan for five years, ten contributions of 720,000, and the principal in year five. How it goes on is `money`.
"""

from typing import Any

from fujin import money
from fujin.client import Api
from fujin.projects import ENTERPRISES
from fujin.world import World

# 2,000 万元, 5 年, 每年每个企业上缴 72 万元, 第五年一次性还本. All money is whole fen: 1 yuan = 100 fen.
TERMS: dict[str, Any] = {
    "principal_fen": 10_000_000 * 100,
    "yearly_contribution_fen": 720_000 * 100,
    "term_years": 5,
    "signed_on": "2018-05-15",
    "start_on": "2018-06-01",
    "guarantee": "MORTGAGE",
    "guarantee_note": "厂房及设备抵押",
}

# 按需分配: what a household needs more, it gets more of. The points are the example's own.
RULE: dict[str, Any] = {
    "name": "按需分配",
    "per_person": 10,
    "per_income_gap": 20,
    "per_ill": 15,
    "per_disabled": 15,
    "per_student": 10,
    "no_able_labour": 30,
    "income_line_fen": 3_535 * 100,
}


def load(api: Api, world: World) -> None:
    money.load(api, world, *agree(api, world))


def agree(api: Api, world: World) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The approved loan contracts, and the rule of distribution."""
    maker = api("funds", role="finance-maker", division=world.county.code)
    checker = api("funds", role="finance-checker", division=world.county.code)

    loans = []
    for number, (uscc, name) in enumerate(ENTERPRISES, start=1):
        loan = maker.post("/v1/loans", contract(number, enterprise(api, uscc), name))
        loans.append(checker.post(f"/v1/loans/{loan['id']}:approve"))
    return loans, maker.post("/v1/distribution-rules", RULE)


def enterprise(api: Api, uscc: str) -> dict[str, Any]:
    """The enterprise as the project library knows it, by its (synthetic) unified social credit code."""
    (found,) = api("projects").get("/v1/enterprises", uscc=uscc)["items"]
    known: dict[str, Any] = found
    return known


def contract(number: int, known: dict[str, Any], name: str) -> dict[str, Any]:
    """The same terms for each; the fund account asks the project library whether the enterprise is who it says."""
    parties = {"enterprise_id": known["id"], "enterprise_name": name, "enterprise_uscc": known["uscc"]}
    return {"loan_no": f"2018-CYFP-{number:02}", **parties, **TERMS}
