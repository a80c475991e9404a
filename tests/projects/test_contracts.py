"""Payments on contracts as the county's books have them, and how far projects are."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.projects.conftest import TODAY, Declare, refusal, silence
from tests.projects.test_tenders import Procured, made, procured
from tests.projects.test_works import plan, reach

__all__ = ["procured"]

FEN = 100_000_000


class Books:
    """The county's books with one appropriation, of which a part is planned for a project and paid out."""

    def __init__(self, maker: Api, checker: Api) -> None:
        self.maker = maker
        self.checker = checker
        self.use = ""

    async def grant(self, project: dict[str, Any], fen: int = 4 * FEN) -> None:
        granted = await made(self.maker.post("/v1/appropriations", json={
            "document_no": "县财指（扶贫）〔2018〕12号", "level": "CENTRAL", "year": 2018, "amount_fen": fen,
            "purpose": "饮水安全", "issued_on": "2018-03-01",
        }))  # fmt: skip
        at = f"/v1/appropriations/{granted['id']}"
        money = {"amount_fen": fen, "payer": "县国库", "on": "2018-03-05"}
        await made(self.maker.post(f"{at}/receipts", key="come", json=money))
        use = {"kind": "PROJECT", "project_id": project["id"], "title": "饮水工程", "amount_fen": fen}
        self.use = (await made(self.maker.post(f"{at}/uses", json=use)))["id"]
        approved = await self.checker.post(f"/v1/appropriation-uses/{self.use}:approve")
        assert approved.status_code == 200, approved.text

    async def spend(self, fen: int, on: str, payee: str = "示范建筑公司") -> str:
        body = {"amount_fen": fen, "payee": payee, "on": on}
        at = f"/v1/appropriation-uses/{self.use}/expenditures"
        return str((await made(self.maker.post(at, key=f"{fen}-{on}", json=body)))["id"])

    async def undo(self, entry: str) -> None:
        at = f"/v1/appropriation-entries/{entry}:reverse"
        answer = await self.maker.post(at, key=f"undo-{entry}", json={"reason": "重复付款"})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def books(funds: Api) -> Books:
    funds.runtime.clock.move(TODAY)
    return Books(funds.as_("finance-maker"), funds.as_("finance-checker"))


async def test_payments_on_a_contract_are_the_books_expenditures_up_to_its_price(
    procured: Procured, books: Books
) -> None:
    projects = procured.projects
    contract = await made(procured.sign(await procured.won(0, 2 * FEN)))
    await books.grant(procured.project)
    first, second = await books.spend(FEN, "2018-05-20"), await books.spend(FEN + 1, "2018-06-10")
    at = f"/v1/contracts/{contract['id']}/payments"

    assert refusal(await projects.post(at, json={"entry_ids": [first, second]})) == (409, "more-than-contracted")
    assert (await projects.get(at)).json()["items"] == []
    stranger = {"entry_ids": [first, contract["id"]]}
    refused = await projects.post(at, json=stranger)
    assert (refusal(refused), refused.json()["entry_ids"]) == ((409, "not-a-payment"), [contract["id"]])
    clerk = projects.as_("town-clerk", "230882101000")
    assert refusal(await clerk.post(at, json={"entry_ids": [first]})) == (403, "county-books")

    paid = (await made(projects.post(at, json={"entry_ids": [first]})))["items"]
    assert (paid[0]["amount_fen"], paid[0]["paid_on"], paid[0]["document_no"]) == (
        FEN, "2018-05-20", "县财指（扶贫）〔2018〕12号",
    )  # fmt: skip
    assert refusal(await projects.post(at, json={"entry_ids": [first]})) == (409, "payment-taken")
    cheaper = {
        "amount_fen": FEN - 1, "ends_on": "2018-10-31", "amended_on": "2018-06-01", "reason": "减少工程量",
        "document_ref": "变更协议1",
    }  # fmt: skip
    amendments = f"/v1/contracts/{contract['id']}/amendments"
    assert refusal(await projects.post(amendments, json=cheaper)) == (409, "more-than-contracted")

    await books.undo(first)
    assert refusal(await projects.post(at, json={"entry_ids": [first]})) == (409, "not-a-payment")
    assert (await projects.post(at, json={"entry_ids": [second]})).status_code == 201
    shown = (await projects.get(f"/v1/contracts/{contract['id']}")).json()
    assert shown["paid_fen"] == FEN + 1
    assert [row["reversed_on"] for row in (await projects.get(at)).json()["items"]] == [TODAY.isoformat(), None]


async def test_progress_is_the_share_of_milestones_reached_and_of_the_budget_spent(
    procured: Procured, books: Books, declare: Declare
) -> None:
    projects, project = procured.projects, procured.project
    await declare(category="PV")
    for kind, day in (("TENDER_POSTED", "2018-04-16"), ("CONSTRUCTION_START", "2018-05-15"), ("RUNNING", "2018-06-01")):
        milestone = await plan(projects, project, kind, day)
        if kind != "RUNNING":
            await reach(projects, milestone, day)
    contract = await made(procured.sign(await procured.won(0, 2 * FEN)))
    await books.grant(project)
    kept = await books.spend(FEN, "2018-05-20")
    await books.undo(await books.spend(FEN + 1, "2018-06-10"))
    await made(projects.post(f"/v1/contracts/{contract['id']}/payments", json={"entry_ids": [kept]}))

    at = f"/v1/projects/{project['id']}/progress"
    found = (await projects.get(at)).json()
    assert (found["milestones"], found["reached"], found["late"], found["reached_ppm"]) == (3, 2, 1, 666_666)
    assert (found["contracted_fen"], found["paid_fen"], found["paid_ppm"]) == (2 * FEN, FEN, 200_000)
    early = (await projects.get(f"{at}?on=2018-05-14")).json()
    assert (early["reached"], early["late"], early["contracted_fen"], early["paid_fen"]) == (1, 0, 2 * FEN, 0)

    money = (await projects.get(f"/v1/projects/{project['id']}/expenditure")).json()
    shown = {name: money[name] for name in money if name.endswith("_fen")}
    assert shown == {
        "budget_fen": 5 * FEN, "contracted_fen": 2 * FEN, "granted_fen": 4 * FEN, "paid_fen": FEN,
        "paid_on_contracts_fen": FEN,
    }  # fmt: skip
    assert [(row["contract_id"], row["reversed_on"]) for row in money["expenses"]] == [
        (contract["id"], None),
        (None, TODAY.isoformat()),
    ]

    groups = (await projects.get("/v1/statistics/progress?group_by=programme")).json()["groups"]
    counted = {row["programme"]: (row["projects"], row["reached_ppm"], row["paid_fen"]) for row in groups}
    assert counted == {"WATER": (1, 666_666, FEN), "PV": (1, None, 0)}
    town = (await projects.as_("town-clerk", "230882101000").get("/v1/statistics/progress")).json()["groups"]
    assert [(row["programme"], row["paid_fen"]) for row in town] == [("PV", None)]


async def test_a_silent_account_is_named_and_nothing_is_recorded(procured: Procured) -> None:
    projects = procured.projects
    contract = await made(procured.sign(await procured.won(0, 2 * FEN)))
    silence(projects, "funds")
    at = f"/v1/contracts/{contract['id']}/payments"
    for answer in (
        await projects.post(at, json={"entry_ids": [contract["id"]]}),
        await projects.get("/v1/statistics/progress"),
        await projects.get(f"/v1/projects/{procured.project['id']}/expenditure"),
    ):
        assert (*refusal(answer), answer.json()["peer"]) == (503, "unanswered", "funds")
    assert (await projects.get(at)).json()["items"] == []
