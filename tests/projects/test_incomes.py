"""What of a project's income reaches the shared account: over the real funds service."""

from typing import Any

import psycopg
import pytest

from tests.conftest import Api
from tests.projects.conftest import TODAY, VILLAGE, Declare, refusal, silence


def income(**changed: Any) -> dict[str, Any]:
    return {
        "period_from": "2018-06-01",
        "period_to": "2018-06-15",
        "income_fen": 5_000_000,
        "shared_fen": 1_200_001,
        "received_on": "2018-06-20",
    } | changed


async def receipts(funds: Api) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await funds.as_("auditor").get("/v1/receipts")).json()["items"]
    return items


async def test_an_income_share_reaches_the_shared_account_once_though_delivered_twice(
    projects: Api, funds: Api, declare: Declare
) -> None:
    funds.runtime.clock.move(TODAY)
    project = await declare("OPERATING", category="PV")
    at = f"/v1/projects/{project['id']}/income-reports"
    cadre = projects.as_("village-cadre", VILLAGE)

    made = await cadre.post(at, json=income(), key="june")
    assert made.status_code == 201, made.text
    assert await receipts(funds) == []  # nothing is sent before the report is committed, and here nobody drained yet
    [(message,)] = await projects.admin_sql("SELECT args FROM projects.procrastinate_jobs WHERE task_name = 'deliver'")
    await projects.drain()

    [receipt] = await receipts(funds)
    assert (receipt["kind"], receipt["amount_fen"], receipt["received_on"]) == ("PV", 1_200_001, "2018-06-20")
    assert receipt["made_by"] == f"village-cadre@{VILLAGE}"
    [came] = (await funds.as_("auditor").get(f"/v1/incomes?project_id={project['id']}")).json()["items"]
    assert (came["division_code"], came["project_no"], came["period_to"]) == (VILLAGE, "2018-001", "2018-06-15")
    assert (await cadre.post(at, json=income(), key="june")).headers["Idempotent-Replayed"] == "true"

    # The same message once more, as after a crash between sending and remembering.
    await projects.runtime.jobs.tasks["deliver"].defer_async(**message)
    await projects.drain()
    assert await receipts(funds) == [receipt]


async def test_an_income_share_waits_until_funds_answers(projects: Api, funds: Api, declare: Declare) -> None:
    funds.runtime.clock.move(TODAY)
    project = await declare("OPERATING")
    reachable = projects.runtime._peers["funds"]
    silence(projects, "funds")
    made = await projects.post(f"/v1/projects/{project['id']}/income-reports", json=income(), key="june")
    assert made.status_code == 201
    await projects.drain()
    assert await receipts(funds) == []

    projects.runtime._peers["funds"] = reachable
    await projects.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    await projects.drain()
    assert [(found["kind"], found["amount_fen"]) for found in await receipts(funds)] == [("DIVIDEND", 1_200_001)]


async def test_an_income_report_is_refused_by_name(projects: Api, declare: Declare) -> None:
    operating, accepted = await declare("OPERATING"), await declare("ACCEPTED")
    at = f"/v1/projects/{operating['id']}/income-reports"

    assert refusal(await projects.post(at, json=income())) == (400, "key-required")
    early = await projects.post(f"/v1/projects/{accepted['id']}/income-reports", json=income(), key="1")
    assert refusal(early) == (409, "not-operating")
    future = await projects.post(at, json=income(period_to="2018-06-30"), key="2")
    assert refusal(future) == (422, "day-in-future")
    too_much = await projects.post(at, json=income(shared_fen=5_000_001), key="3")
    assert refusal(too_much) == (422, "invalid")
    assert (await projects.post(at, json=income(shared_fen=0), key="4")).status_code == 201
    overlap = await projects.post(at, json=income(period_from="2018-06-15", period_to="2018-06-20"), key="5")
    assert refusal(overlap) == (409, "period-reported")
    assert len((await projects.get(at)).json()["items"]) == 1
    # A report without a share leaves no message.
    assert await projects.admin_sql("SELECT count(*) FROM projects.procrastinate_jobs") == [(0,)]


async def test_a_share_that_funds_refuses_is_corrected_and_sent_under_another_key(
    projects: Api, funds: Api, declare: Declare
) -> None:
    project = await declare("OPERATING")
    at = f"/v1/projects/{project['id']}/income-reports"
    # By the account's calendar the share is not paid in yet: refused, and kept as refused under this key.
    funds.runtime.clock.move(TODAY.replace(day=1))
    made = (await projects.post(at, json=income(), key="june")).json()
    assert (made["state"], made["settled_at"]) == ("SENDING", None)
    await projects.drain()

    refused = (await projects.get(f"/v1/income-reports/{made['id']}")).json()
    assert (refused["state"], refused["refusal"], refused["receipt_id"]) == ("REFUSED", "/problems/future-date", None)
    waiting = (await projects.get("/v1/income-reports?state=REFUSED")).json()["items"]
    assert [found["id"] for found in waiting] == [made["id"]]
    assert await receipts(funds) == []

    correct = f"/v1/income-reports/{made['id']}:correct"
    funds.runtime.clock.move(TODAY)
    overlapping = await projects.post(at, json=income(), key="again")
    assert refusal(overlapping) == (409, "period-reported")
    mended = (await projects.post(correct, json=income(shared_fen=1_200_000), key="mended")).json()
    assert (mended["corrects_id"], mended["state"]) == (made["id"], "SENDING")
    await projects.drain()

    booked = (await projects.get(f"/v1/income-reports/{mended['id']}")).json()
    [receipt] = await receipts(funds)
    assert (booked["state"], booked["receipt_id"], receipt["amount_fen"]) == ("BOOKED", receipt["id"], 1_200_000)
    assert (await projects.get(f"/v1/income-reports/{made['id']}")).json()["state"] == "CORRECTED"
    assert refusal(await projects.post(correct, json=income(), key="twice")) == (409, "not-refused")
    not_refused = await projects.post(f"/v1/income-reports/{mended['id']}:correct", json=income(), key="booked")
    assert refusal(not_refused) == (409, "not-refused")


async def test_no_hand_changes_how_a_report_ended(projects: Api, declare: Declare) -> None:
    at = f"/v1/projects/{(await declare('OPERATING'))['id']}/income-reports"
    assert (await projects.post(at, json=income(shared_fen=0), key="1")).json()["state"] == "KEPT"
    for change in ("state = 'BOOKED', settled_at = now()", "income_fen = 1", "shared_fen = 1"):
        with pytest.raises(psycopg.Error):
            await projects.sql(f"UPDATE income_report SET {change}")
    with pytest.raises(psycopg.Error):
        await projects.sql("DELETE FROM income_report")
