"""From what is payable to the households' accounts: never wrongly, never twice, whatever fails on the way."""

import asyncio
import csv
import hashlib
import io
from base64 import b64encode
from collections.abc import Awaitable
from typing import Any

import httpx
import psycopg
import pytest
from python_calamine import CalamineWorkbook

from fujin.funds import RULE
from tests.conftest import Api
from tests.funds.conftest import all_sound, balance, donate, move, refuses
from tests.registry import world

POT = 1_000_001
pytestmark = pytest.mark.usefixtures("households")
WHY = {"purpose": "2019 年一卡通发放"}
TEMPLATE = {
    "name": "农商行一卡通", "format": "CSV", "paid_words": ["成功"], "returned_words": ["失败"],
    "columns": [
        {"heading": "序号", "field": "NUMBER"}, {"heading": "户名", "field": "HOLDER"},
        {"heading": "账号", "field": "ACCOUNT"}, {"heading": "金额", "field": "YUAN"},
        {"heading": "用途", "field": "TEXT", "text": "扶贫收益"},
    ],
    "result_columns": {"number": "序号", "amount": "金额", "outcome": "结果", "reason": "原因"},
}  # fmt: skip
Row = tuple[Any, ...]


@pytest.fixture
async def path(registry: Api, maker: Api, checker: Api) -> str:
    """The path of a distribution posted on 12 June 2019 to five households, of which four have an account."""
    move(maker, "2019-06-01")
    for number, household in enumerate((await registry.get("/v1/households?poor=true")).json()["items"][:4], start=1):
        changed = {"bank_account": f"62109999000000000{number:02}"}
        answer = await registry.patch(f"/v1/households/{household['id']}", version=household["version"], json=changed)
        assert answer.status_code == 200, answer.text
    await donate(maker, POT + 9)
    rule = await world.made(maker.post("/v1/distribution-rules", json=RULE))
    made = await world.made(maker.post("/v1/distributions", json={"year": 2019, "rule_id": rule["id"], "pot_fen": POT}))
    path = f"/v1/distributions/{made['id']}"
    frozen = (await maker.post(f"{path}:snapshot")).json()
    await checker.post(f"{path}:approve", json={"batch_hash": frozen["batch_hash"]})
    await maker.post(f"{path}:notice", json={})
    move(maker, "2019-06-12")
    posted = await maker.post(f"{path}:post", key="post")
    assert posted.json()["state"] == "POSTED", posted.text
    return path


async def code(answer: Awaitable[httpx.Response]) -> tuple[int, str]:
    found = await answer
    return found.status_code, found.json()["code"]


async def template(maker: Api, **more: Any) -> str:
    found: str = (await world.made(maker.post("/v1/payout-templates", json=TEMPLATE | more)))["id"]
    return found


async def batch(maker: Api, path: str, template_id: str, key: str, lines: list[int] | None = None) -> dict[str, Any]:
    wanted = {"template_id": template_id, "line_nos": lines}
    return await world.made(maker.post(f"{path}/payout-batches", key=key, json=wanted))


async def answer(maker: Api, made: dict[str, Any], rows: list[Row], **more: Any) -> httpx.Response:
    """The bank sends its file back."""
    into = io.StringIO()
    csv.writer(into).writerows([("某某银行回盘",), ("序号", "金额", "结果", "原因"), *rows])
    file = {"file": ("result.csv", into.getvalue().encode("gb18030"), "text/csv")}
    data = {"bank_reference": "HP-1"} | more
    return await maker.post(f"/v1/payout-batches/{made['id']}/results", files=file, data=data)


def rows_of(file: httpx.Response) -> list[list[str]]:
    return [*csv.reader(io.StringIO(file.content.decode("gb18030"), newline=""))]


async def statuses(api: Api, path: str) -> list[str]:
    return [line["status"] for line in (await api.get(f"{path}/lines")).json()["items"]]


async def test_the_file_goes_out_the_answer_comes_back_and_what_failed_is_paid_again(
    registry: Api, maker: Api, checker: Api, path: str
) -> None:
    kind = await template(maker)
    without = await batch(maker, path, kind, "b1")
    refused = await maker.post(f"/v1/payout-batches/{without['id']}:file", json=WHY)
    assert (refused.status_code, refused.json()["lines"]) == (409, [{"line_no": 5, "fault": "NO_ACCOUNT"}])
    assert (await maker.post(f"/v1/payout-batches/{without['id']}:withdraw", json={"reason": "x"})).status_code == 403
    await checker.post(f"/v1/payout-batches/{without['id']}:withdraw", json={"reason": "第五户无账号"})
    assert await statuses(maker, path) == ["RETURNED"] * 5

    made = await batch(maker, path, kind, "b2", [1, 2, 3, 4])
    assert (made["number"], made["state"], made["lines"]) == (2, "MADE", 4)
    assert await statuses(maker, path) == ["SENT"] * 4 + ["RETURNED"]
    assert await balance(maker, "payable.transit") == made["total_fen"]
    file = await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY, key="file")
    rows = rows_of(file)
    assert rows[0] == ["序号", "户名", "账号", "金额", "用途"]
    assert [row[2] for row in rows[1:]] == [f"62109999000000000{n:02}" for n in (1, 2, 3, 4)]
    assert sum(round(float(row[3]) * 100) for row in rows[1:]) == made["total_fen"]
    digest = hashlib.sha256(file.content)
    assert file.headers["content-digest"] == f"sha-256=:{b64encode(digest.digest()).decode()}:"
    kept = (await maker.get(f"/v1/payout-batches/{made['id']}")).json()
    assert (kept["sha256"], kept["size"], kept["state"]) == (digest.hexdigest(), len(file.content), "SENT")
    again = await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY, key="file")
    assert again.content == file.content

    # No account is kept in the funds' schema, and each household's history at the registry says who asked.
    tables = await maker.admin_sql("SELECT relname FROM pg_class WHERE relnamespace = 'funds'::regnamespace"
                                   " AND relkind = 'r'")  # fmt: skip
    for (table,) in tables:
        held = await maker.admin_sql(f"SELECT count(*) FROM funds.{table} t WHERE t::text LIKE '%6210999900%'")
        assert held[0][0] == 0, table
    seen = await registry.sql("SELECT DISTINCT actor, purpose FROM household_access")
    assert [(actor.split("@")[0], why) for actor, why in seen] == [("finance-maker", WHY["purpose"])]

    results: list[Row] = [(int(row[0]), row[3], "成功", "") for row in rows[1:4]]
    results.append((4, rows[4][3], "失败", "账号已销户"))
    first = await answer(maker, made, results)
    assert first.status_code == 201, first.text
    assert [first.json()[name] for name in ("paid", "returned", "known")] == [3, 1, 0]
    same = await answer(maker, made, results)
    assert (same.status_code, same.json()) == (200, first.json())
    assert await statuses(maker, path) == ["PAID", "PAID", "PAID", "RETURNED", "RETURNED"]
    assert await balance(maker, "payable.transit") == 0
    known = await answer(maker, made, results[:2])
    assert (known.status_code, known.json()["known"]) == (201, 2)
    paid_again = {"template_id": kind, "line_nos": [1]}
    assert await code(maker.post(f"{path}/payout-batches", key="b3", json=paid_again)) == (409, "not-payable")

    third = await batch(maker, path, kind, "b4", [4])
    assert await code(checker.post(f"{path}:close")) == (409, "wrong-state")
    await maker.post(f"/v1/payout-batches/{third['id']}:file", json=WHY)
    await answer(maker, third, [(*results[3][:2], "成功", "")])
    released = await checker.post(f"{path}/lines/5:release", json={"reason": "户主去世，无法发放"})
    assert released.json()["state"] == "PAID"
    assert await code(checker.post(f"{path}/lines/5:release", json={"reason": "again"})) == (409, "released-line")
    assert (await checker.post(f"{path}:close")).json()["state"] == "CLOSED"

    assert await statuses(maker, path) == ["PAID"] * 4 + ["RELEASED"]
    kept = (await maker.get(f"{path}/conservation")).json()
    assert kept["conserved"]
    assert kept["allocated_fen"] == kept["paid_fen"] + kept["released_fen"] == POT
    assert await balance(maker, "shared") == await balance(maker, "bank") == 9 + kept["released_fen"]
    assert (await balance(maker, "payable"), await balance(maker, "payable.transit")) == (0, 0)
    assert await all_sound(maker)


async def test_every_bad_row_of_an_answer_is_named_and_nothing_is_taken(maker: Api, path: str) -> None:
    made = await batch(maker, path, await template(maker), "b", [1, 2, 3])
    assert await code(answer(maker, made, [(1, "1.00", "成功", "")])) == (409, "wrong-state")  # no file was made
    file = rows_of(await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY))
    yuan = [row[3] for row in file]
    rows: list[Row] = [
        (1, yuan[1], "成功", ""), (1, yuan[1], "成功", ""), (2, "0.01", "成功", ""), (3, yuan[3], "处理中", ""),
        (4, "1.00", "成功", ""), ("9" * 5000, "x", "", "y" * 501),
    ]  # fmt: skip

    refused = await answer(maker, made, rows)

    assert refused.status_code == 422, refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/rows/4/number", "/rows/5/amount", "/rows/6/outcome", "/rows/7/number", "/rows/8/number", "/rows/8/outcome",
        "/rows/8/reason",
    ]  # fmt: skip
    assert await statuses(maker, path) == ["SENT", "SENT", "SENT", "POSTED", "POSTED"]
    assert await code(answer(maker, made, [])) == (422, "payout-result-unreadable")
    early = answer(maker, made, rows[:1], reported_on="2019-06-11")
    assert await code(early) == (409, "wrong-state")
    assert (await answer(maker, made, rows[:1])).status_code == 201
    turned = await answer(maker, made, [(1, yuan[1], "失败", "")])
    assert turned.json()["errors"][0]["pointer"] == "/rows/3/outcome"


async def test_racing_batches_and_answers_pay_a_line_once(maker: Api, checker: Api, path: str) -> None:
    kind = await template(maker)
    wanted = {"template_id": kind, "line_nos": [1, 2, 3, 4]}
    racing = await asyncio.gather(*(maker.post(f"{path}/payout-batches", key=f"b{n}", json=wanted) for n in range(4)))
    assert sorted(found.status_code for found in racing) == [201, 409, 409, 409]
    made = next(found.json() for found in racing if found.status_code == 201)
    file = rows_of(await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY))
    rows: list[Row] = [(row[0], row[3], "成功", "") for row in file[1:]]
    answers = await asyncio.gather(
        *(answer(maker, made, rows) for _ in range(3)),
        *(checker.post(f"/v1/payout-batches/{made['id']}:withdraw", json={"reason": "race"}) for _ in range(2)),
    )
    assert {found.status_code for found in answers} <= {200, 201, 422}
    ended = await maker.sql("SELECT line_no, count(*) FROM payout GROUP BY line_no ORDER BY line_no")
    assert ended == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert await balance(maker, "payable.transit") == 0
    assert await all_sound(maker)


async def test_postgresql_refuses_a_second_payment_whoever_asks(maker: Api, checker: Api, path: str) -> None:
    made = await batch(maker, path, await template(maker), "b", [1, 2, 3])
    rows = rows_of(await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY))
    await answer(maker, made, [(1, rows[1][3], "成功", ""), (2, rows[2][3], "失败", "")])
    await checker.post(f"{path}/lines/2:release", json={"reason": "销户"})
    another = (
        "INSERT INTO payout_line SELECT distribution_id, line_no, {attempt}, county_code, division_code, batch_id,"
        " amount_fen, {after}, {outcome} FROM payout_line WHERE line_no = {line}"
    )
    released = (
        "INSERT INTO released_line SELECT p.distribution_id, {line}, county_code, division_code, 'x', p.journal_id, 1"
        " FROM payout p WHERE line_no = 1"
    )
    for attack in (
        another.format(line=1, attempt=2, after=1, outcome="'RETURNED'"),  # it was paid
        another.format(line=1, attempt=2, after=1, outcome="'PAID'"),
        another.format(line=1, attempt=2, after="NULL", outcome="NULL"),
        another.format(line=3, attempt=2, after=1, outcome="'RETURNED'"),  # it is with the bank
        another.format(line=2, attempt=2, after=1, outcome="'RETURNED'"),  # it was given back
        another.format(line=3, attempt=1, after="NULL", outcome="NULL"),
        released.format(line=1),
        released.format(line=3),
        "UPDATE payout SET outcome = 'RETURNED'",
        "DELETE FROM payout_line",
        "UPDATE payout_file SET digest = sha256('x')",
        "DELETE FROM released_line",
    ):
        assert await refuses(maker.sql(attack)), attack
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_payout"):
        await maker.sql("INSERT INTO payout SELECT uuidv7(), distribution_id, line_no, county_code, division_code,"
                        " outcome, reported_on, bank_reference, reason, journal_id, journal_line, made_by, at, attempt"
                        " FROM payout WHERE line_no = 1")  # fmt: skip


async def test_a_workbook_serves_as_well_and_a_batch_never_has_two_files(
    registry: Api, maker: Api, checker: Api, path: str
) -> None:
    made = await batch(maker, path, await template(maker, format="XLSX", name="工行"), "b", [1, 2])
    file = await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in sheet] == ["账号", "6210999900000000001", "6210999900000000002"]
    assert (await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY)).content == file.content

    household = (await registry.get("/v1/households?poor=true")).json()["items"][0]
    changed = {"bank_account": "6210999900000000099"}
    await registry.patch(f"/v1/households/{household['id']}", version=household["version"], json=changed)
    assert await code(maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY)) == (409, "file-differs")
    await checker.post(f"/v1/payout-batches/{made['id']}:withdraw", json={"reason": "账号变更"})
    assert await code(maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY)) == (409, "wrong-state")
    fresh = await batch(maker, path, made["template_id"], "b2", [1, 2])
    other = await maker.post(f"/v1/payout-batches/{fresh['id']}:file", json=WHY)
    assert other.content != file.content


class Silence(httpx.AsyncBaseTransport):
    """The registry accepts and then says nothing."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer in time", request=request)


async def test_a_silent_slow_or_changed_registry_pays_nobody_wrongly(
    registry: Api, maker: Api, checker: Api, path: str
) -> None:
    made = await batch(maker, path, await template(maker), "b", [1, 2, 3, 4])
    before = (await maker.get(f"/v1/payout-batches/{made['id']}")).json()
    peer = maker.runtime.peer("registry")
    spoken, peer.http = peer.http, httpx.AsyncClient(transport=Silence(), base_url="http://registry")
    silent = await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY)
    assert (silent.status_code, silent.json()["code"], silent.json()["peer"]) == (503, "unanswered", "registry")
    assert (await maker.get(f"/v1/payout-batches/{made['id']}")).json() == before

    peer.http = spoken
    first = (await registry.get("/v1/households?poor=true")).json()["items"][0]
    gone = {"status": "CANCELLED", "on": "2019-06-05", "reason": "全户死亡"}
    changed = await registry.post(f"/v1/households/{first['id']}:change-status", json=gone)
    assert changed.is_success, changed.text
    refused = await maker.post(f"/v1/payout-batches/{made['id']}:file", json=WHY)
    assert refused.json()["lines"] == [{"line_no": 1, "fault": "GONE"}]
    assert await balance(maker, "bank") == POT + 9
    await checker.post(f"/v1/payout-batches/{made['id']}:withdraw", json={"reason": "第一户已注销"})
    rest = await batch(maker, path, made["template_id"], "b2", [2, 3, 4])
    file = rows_of(await maker.post(f"/v1/payout-batches/{rest['id']}:file", json=WHY))
    assert [row[0] for row in file[1:]] == ["2", "3", "4"]
    verified = (await maker.get(f"{path}/verification")).json()
    assert verified["agrees"]  # what was frozen and approved is untouched by what the registry says today
