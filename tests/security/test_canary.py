"""A known person's numbers, put in through the front door, stand nowhere in the clear but where they were asked for."""

import io
import json
from contextlib import redirect_stdout

import psycopg
import pytest
import structlog

from fupin.edge import configure_logs
from fupin.settings import SERVICES
from tests.conftest import Api
from tests.registry import world

NUMBER = world.id_number(777)
CANARY = {
    "the ID number": NUMBER,
    "the birth date in it": NUMBER[6:14],
    "the telephone": "13912345678",
    "the account": "6210999912345678901",
    "the name": "司马鸢尾",
}
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"""
# Where a name may stand: the register, its histories, and its trail, which only audit:read opens.
NAMED = {"member", "member_version", "roster_row", "audit"}
NAMED_TRAIL = ("the name", "the audit trail")


async def test_a_persons_numbers_are_nowhere_in_the_clear(
    services: dict[str, Api], capfd: pytest.CaptureFixture[str]
) -> None:
    registry = services["registry"]
    kept = structlog.get_config()
    heard = io.StringIO()
    with redirect_stdout(heard):
        configure_logs("registry", "DEBUG")
        try:
            answers = await touched(registry)
        finally:
            structlog.configure(**kept)
    logged = heard.getvalue()
    assert '"event": "request"' in logged
    printed = capfd.readouterr()
    metrics = [(await api.anonymous().get("/metrics")).text for api in services.values()]
    for what, word in CANARY.items():
        heard_of = [name for name, said in (("log", logged), ("screen", printed.out + printed.err)) if word in said]
        assert heard_of == [], what
        assert not any(word in text for text in metrics), f"{what} in the metrics"
        told = [asked for asked, answer in answers.items() if word in answer and (what, asked) != NAMED_TRAIL]
        assert told == [], f"{what} in the answer"
        _nowhere_in_the_database(registry.admin_dsn, what, word)


async def touched(registry: Api) -> dict[str, str]:
    """The person recorded, looked for, refused, changed, put into a roster; the answers that may not repeat them."""
    await world.divisions(registry)
    person = world.member(777, name=CANARY["the name"], id_number=NUMBER)
    body = {"phone": CANARY["the telephone"], "bank_account": CANARY["the account"], "members": [person]}
    made = await world.household(registry, 777, **body)
    path = f"/v1/households/{made['id']}"
    answers = {}
    again = {"household_no": "again-1", "division_code": world.VILLAGE, "residence": "RURAL", "status": "NOT_POOR"}
    requests = (
        ("a second registration", "/v1/households", again | {"members": [person]}, {}),
        ("a wrong field", "/v1/households", again | {"id_number": NUMBER, "name": CANARY["the name"]}, {}),
        ("a wrong telephone", "/v1/households", again | {"phone": "tel. " + CANARY["the telephone"]}, {}),
        ("the same person elsewhere", f"{path}/members", person | {"relation": "20"}, {}),
        ("an unknown parameter", f"/v1/households:search?name={CANARY['the name']}", {"id_number": NUMBER}, {}),
        ("an unknown address", f"/v1/people/{NUMBER}", {}, {}),
    )
    for what, address, sent, headers in requests:
        answer = await registry.post(address, json=sent, key=f"canary {what}", headers=headers)
        assert answer.status_code >= 400, what
        told = answer.json()
        told.pop("instance", None)  # the address that was asked, told to who asked
        answers[what] = json.dumps(told, ensure_ascii=False)
    changed = await registry.patch(path, version=1, json={"phone": CANARY["the telephone"], "house_grade": "B"})
    assert changed.status_code == 200
    unmasked = await registry.post(f"{path}:unmask", json={"purpose": "核对户主身份"}, key="unmask")
    assert NUMBER in unmasked.text
    found = await registry.post("/v1/households:search", json={"id_number": NUMBER})
    assert [each["id"] for each in found.json()["items"]] == [made["id"]]
    name = CANARY["the name"]
    sheet = f"户主姓名,证件号码,行政区划代码\n{name},{NUMBER},{world.VILLAGE}\n{name},{NUMBER}9,x\n"
    begun = await registry.post(
        "/v1/rosters",
        files={"file": ("roster.csv", sheet.encode(), "text/csv")},
        data={"name": "canary", "kind": "HOUSING", "as_of": world.DAY},
    )
    assert begun.status_code in (202, 422), begun.text
    await registry.drain()
    if begun.status_code == 202:
        answers["the operation"] = (await registry.get(f"/v1/operations/{begun.json()['id']}")).text
    answers["the audit trail"] = (await registry.get("/v1/audit")).text
    answers["the changes"] = (await registry.get("/v1/changes")).text
    return answers


def _nowhere_in_the_database(dsn: str, what: str, word: str) -> None:
    """Not in any row of any table of any service: audit, operations, outbox, queue, idempotency, histories."""
    with psycopg.connect(dsn) as db:
        for service in SERVICES:
            for (table,) in db.execute(TABLES, (service,)).fetchall():
                if what == "the name" and table in NAMED:
                    continue
                # bytes stand in a row's text as hexadecimal digits
                asked = f"SELECT count(*) FROM {service}.{table} t WHERE position(%s IN t::text) > 0"
                for spelled in (word, word.encode().hex()):
                    assert db.execute(asked, (spelled,)).fetchone() == (0,), f"{what} in {service}.{table}"
