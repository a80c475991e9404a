"""What every service does with a request before, around and after its own rules, shown on a small one."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Form, Response
from pydantic import Field
from sqlalchemy import BigInteger, Text, column, select, table, text

from fupin import issuer
from fupin.app import Router, service
from fupin.auth import Verifier, Who, needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, etag
from fupin.idempotency import needs_key
from fupin.operations import Operation, Progress, accepted, operation, start
from fupin.paging import Page, Paged
from fupin.postgres import Server
from fupin.problems import Problem, problems
from fupin.runtime import Runtime
from fupin.schemas import Answer, Body, FormBody
from fupin.settings import Settings
from tests.conftest import PASSWORD, Api, _plain


class OutOfStock(Problem):
    """There are fewer left than asked for."""

    status = 409
    zh = "余量不足。"
    constraint = "ck_stock_left"


class NewThing(Body):
    name: str = Field(min_length=1, max_length=40)
    size: int = Field(ge=1)
    parts: list[Any] = Field(default_factory=list)
    fragile: bool = False


class NewSheet(FormBody):
    note: str = ""
    validate_only: bool = False
    day: date | None = None


class Thing(Answer):
    id: int
    name: str
    size: int
    version: int


class ThingPage(Page[Thing]): ...


STOCK = table(
    "stock", column("id", BigInteger), column("name", Text), column("size", BigInteger), column("version", BigInteger)
)
router = Router(tags=["things"])


@router.post("/v1/things", status_code=201, dependencies=[needs("registry:write")], responses=problems(OutOfStock))
async def add_thing(new: NewThing, db: Db) -> Thing:
    row = {"name": new.name, "size": new.size}
    found = (await db.execute(text("INSERT INTO stock (name, size) VALUES (:name, :size) RETURNING *"), row)).one()
    return Thing.model_validate(found)


@router.post("/v1/things:slowly", dependencies=[needs("registry:write"), needs_key()])
async def add_slowly(new: NewThing, db: Db) -> Thing:
    await asyncio.sleep(0.3)
    return await add_thing(new, db)


@router.post("/v1/sheets", dependencies=[needs("registry:write")])
async def add_sheet(new: Annotated[NewSheet, Form(media_type="multipart/form-data")]) -> NewSheet:
    return new


@router.get("/v1/things", dependencies=[needs("registry:read")], response_model=ThingPage)
async def list_things(db: Db, page: Paged, least: int = 0) -> Any:
    return await page.of(db, select(*STOCK.c).where(STOCK.c.size >= least), key=(STOCK.c.size, STOCK.c.id))


@router.get("/v1/things/{id}", dependencies=[needs("registry:read")])
async def get_thing(id: int, db: Db, response: Response) -> Thing:
    found = Thing.model_validate((await db.execute(text("SELECT * FROM stock WHERE id = :id"), {"id": id})).one())
    etag(response, found.version)
    return found


@router.patch("/v1/things/{id}", dependencies=[needs("registry:write")])
async def change_thing(id: int, version: IfMatch, new: NewThing, db: Db) -> Thing:
    row = {"id": id, "version": version, "size": new.size}
    changed = text(
        "UPDATE stock SET size = :size, version = version + 1 WHERE id = :id AND version = :version RETURNING *"
    )
    found = (await db.execute(changed, row)).one_or_none()
    if found is None:
        raise Stale
    return Thing.model_validate(found)


@router.get("/v1/broken", dependencies=[needs("registry:read")])
async def fall_over() -> Thing:
    raise RuntimeError("王小明 230882199001011234")


@router.post("/v1/counts", status_code=202, dependencies=[needs("registry:write")])
async def count_up(db: Db, who: Who, response: Response, to: int = 3) -> Operation:
    return await accepted(db, response, await start(db, "count-up", {"to": to}, who))


@operation("count-up")
async def count_handler(progress: Progress, _runtime: Runtime, params: dict[str, Any]) -> dict[str, Any]:
    for done in range(params["to"]):
        if done == 5:
            raise OutOfStock
        await progress.step(f"counting {done}", done, params["to"])
    return {"counted": params["to"]}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return service("registry", title="Things", description="For tests.", routers=[router])


@pytest.fixture
async def things(
    app: FastAPI, server: Server, database: str, base_settings: Settings, verifier: Verifier
) -> AsyncIterator[Api]:
    settings = base_settings.model_copy(
        update={"registry_database_url": server.url(database, "fupin_registry", PASSWORD), "max_body_bytes": 20_000}
    )
    api = Api(app, settings, _plain(server.url(database)), issuer.mint(settings, "county-admin"))
    await api.admin_sql("""
        CREATE TABLE registry.stock (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, size bigint NOT NULL,
            version bigint NOT NULL DEFAULT 1, CONSTRAINT ck_stock_left CHECK (size < 1000))""")
    await api.admin_sql("GRANT SELECT, INSERT, UPDATE ON registry.stock TO fupin_registry")
    async with Runtime("registry", settings, verifier=verifier) as runtime:
        app.state.runtime = runtime
        yield api


async def code(response: Any) -> tuple[int, str]:
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, body["code"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name": "a", "size": 1, "colour": "red"}', (422, "extra-forbidden")),
        (b'{"name": "a", "name": "b", "size": 1}', (400, "duplicate-key")),
        (b'{"name": "a", "size": NaN}', (400, "json")),
        (b'{"name": "a\\u0000", "size": 1}', (400, "nul")),
        (b'{"name": "\\ud800", "size": 1}', (400, "json")),
        (b'{"name": "a", "size": 1, "parts": ' + b"[" * 60 + b"]" * 60 + b"}", (400, "nesting")),
        (b'{"name": "a", "size": 1, "parts": ' + b"[" * 9000 + b"]" * 9000 + b"}", (400, "nesting")),
        (b'{"name": "a", "size": 1', (400, "json")),
        (b'{"name": "a", "size": 1.5}', (422, "int-type")),
        (b'{"name": "a", "size": "' + b"9" * 5000 + b'"}', (422, "int-type")),
        (b'{"name": "a", "size": ' + b"9" * 40 + b"}", (422, "out-of-range")),
        (b"\xff\xfe", (400, "json")),
        (b"[]", (422, "model-attributes-type")),
        (b"", (422, "missing")),
    ],
)  # fmt: skip
async def test_a_body_we_do_not_understand_is_refused_by_name(things: Api, body: bytes, said: tuple[int, str]) -> None:
    response = await things.post("/v1/things", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()["errors"][0]["code"]) == said
    assert await things.sql("SELECT count(*) FROM stock") == [(0,)]


async def test_an_oversized_body_is_413(things: Api) -> None:
    response = await things.post("/v1/things", json={"name": "a", "size": 1, "parts": ["x" * 30_000]})

    assert await code(response) == (413, "body-too-large")


async def test_an_unknown_query_parameter_is_refused_and_not_ignored(things: Api) -> None:
    response = await things.get("/v1/things?leest=5")

    assert await code(response) == (422, "invalid")
    assert response.json()["errors"][0]["pointer"] == "leest"


async def test_a_nul_in_the_query_is_a_problem(things: Api) -> None:
    assert await code(await things.get("/v1/things?least=%00")) == (400, "malformed-request")


async def test_a_wrong_method_lists_all_that_are_allowed(things: Api) -> None:
    response = await things.http.put("/v1/things")

    assert await code(response) == (405, "method-not-allowed")
    assert response.headers["allow"] == "GET, POST"


async def test_problems_speak_the_readers_language(things: Api) -> None:
    refused = await things.post(
        "/v1/things", json={"name": "a", "size": 0}, headers={"Accept-Language": "zh-CN,en;q=0.5"}
    )

    assert refused.json()["errors"][0]["detail"] == "不得小于 1"
    assert refused.headers["content-language"] == "zh-CN"


async def test_a_constraint_is_answered_as_the_problem_that_names_it(things: Api) -> None:
    assert await code(await things.post("/v1/things", json={"name": "a", "size": 1000})) == (409, "out-of-stock")


async def test_an_unforeseen_error_says_nothing_of_what_it_held(
    things: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await things.get("/v1/broken", headers={"X-Request-Id": "find-me-123"})

    assert await code(response) == (500, "unexpected")
    assert response.json()["request_id"] == response.headers["x-request-id"] == "find-me-123"
    written = capsys.readouterr()
    assert "230882199001011234" not in response.text + written.out + written.err
    assert "find-me-123" in written.out


async def test_a_repeated_key_replays_the_first_answer_and_works_once(things: Api) -> None:
    first = await things.post("/v1/things", json={"name": "a", "size": 1}, key="k")
    again = await things.post(
        "/v1/things", content=b'{"size":1,  "name":"a"}', key="k", headers={"Content-Type": "application/json"}
    )

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert await things.sql("SELECT count(*) FROM stock") == [(1,)]


async def test_a_key_belongs_to_its_body_and_its_principal(things: Api) -> None:
    await things.post("/v1/things", json={"name": "a", "size": 1}, key="k")

    assert await code(await things.post("/v1/things", json={"name": "a", "size": 2}, key="k")) == (422, "key-reused")
    other = await things.as_("county-admin", sub="someone-else").post(
        "/v1/things", json={"name": "a", "size": 1}, key="k"
    )
    assert other.status_code == 201


async def test_a_refusal_is_replayed_too_and_a_missing_key_is_named(things: Api) -> None:
    await things.post("/v1/things", json={"name": "a", "size": 5000}, key="k")
    again = await things.post("/v1/things", json={"name": "a", "size": 5000}, key="k")

    assert (await code(again), again.headers["idempotent-replayed"]) == ((409, "out-of-stock"), "true")
    assert await code(await things.post("/v1/things:slowly", json={"name": "a", "size": 1})) == (400, "key-required")


async def test_racing_requests_of_one_key_do_the_work_once(things: Api) -> None:
    answers = await asyncio.gather(
        *(things.post("/v1/things:slowly", json={"name": "a", "size": 1}, key="k") for _ in range(8))
    )

    assert sorted({answer.status_code for answer in answers}) == [200, 409]
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 409)
    assert await things.sql("SELECT count(*) FROM stock") == [(1,)]


async def test_pages_give_every_row_once_while_rows_arrive(things: Api) -> None:
    await things.sql("INSERT INTO stock (name, size) SELECT 'a', 1 + g % 7 FROM generate_series(1, 120) g")
    seen: list[int] = []
    path: str | None = "/v1/things?limit=50"
    while path:
        response = await things.get(path)
        seen += [item["id"] for item in response.json()["items"]]
        await things.sql("INSERT INTO stock (name, size) VALUES ('early', 1)")
        path = response.links["next"]["url"] if "next" in response.links else None

    assert len(seen) == len(set(seen))
    assert set(range(1, 121)) <= set(seen)


async def test_a_list_is_counted_only_on_request(things: Api) -> None:
    await things.sql("INSERT INTO stock (name, size) SELECT 'a', g FROM generate_series(1, 9) g")

    assert "total_count" not in (await things.get("/v1/things")).json()
    counted = await things.get("/v1/things?least=4&limit=1", headers={"Prefer": "count=exact"})
    assert counted.json()["total_count"] == 6
    estimated = await things.get("/v1/things?least=4", headers={"Prefer": "count=estimated"})
    assert isinstance(estimated.json()["total_count"], int)


async def test_a_cursor_is_good_for_its_own_list_only(things: Api) -> None:
    await things.sql("INSERT INTO stock (name, size) SELECT 'a', g FROM generate_series(1, 9) g")
    cursor = (await things.get("/v1/things?limit=2")).json()["next_cursor"]

    for bad in (f"least=1&cursor={cursor}", f"cursor={cursor[:-2]}AA", "cursor=!", "cursor=", "cursor=%E4%B8%AD"):
        assert await code(await things.get(f"/v1/things?{bad}")) == (400, "bad-cursor")


@pytest.mark.parametrize("limit", ["0", "201", "x"])
async def test_a_page_has_1_to_200_rows(things: Api, limit: str) -> None:
    assert await code(await things.get(f"/v1/things?limit={limit}")) == (422, "invalid")


async def test_a_change_needs_the_version_it_was_made_from(things: Api) -> None:
    made = (await things.post("/v1/things", json={"name": "a", "size": 1})).json()
    path, body = f"/v1/things/{made['id']}", {"name": "a", "size": 2}

    assert await code(await things.patch(path, json=body)) == (428, "version-required")
    assert (await things.patch(path, version=1, json=body)).json()["size"] == 2
    assert await code(await things.patch(path, version=1, json=body)) == (412, "stale")
    assert (await things.get(path, headers={"If-None-Match": '"2"'})).status_code == 304
    assert (await things.get(path, headers={"If-None-Match": '"1"'})).json()["version"] == 2


async def test_a_read_cannot_write(things: Api) -> None:
    async def sneak(db: Db) -> None:
        await db.execute(text("INSERT INTO stock (name, size) VALUES ('a', 1)"))

    sneaky = Router()
    sneaky.get("/v1/sneak", dependencies=[needs("registry:read")])(sneak)
    things.app.include_router(sneaky)
    try:
        assert (await things.get("/v1/sneak")).status_code == 500
    finally:
        things.app.router.routes.pop()
    assert await things.sql("SELECT count(*) FROM stock") == [(0,)]


async def test_a_route_that_does_not_say_its_scopes_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="needs"):
        Router().get("/v1/forgotten")(get_thing)


async def test_long_work_is_watched_to_its_end(things: Api) -> None:
    accepted_ = await things.post("/v1/counts?to=3")
    assert (accepted_.status_code, accepted_.json()["state"]) == (202, "QUEUED")

    await things.drain()

    ended = (await things.get(accepted_.headers["location"])).json()
    assert (ended["state"], ended["result"]) == ("SUCCEEDED", {"counted": 3})


async def test_long_work_that_is_refused_says_why(things: Api) -> None:
    where = (await things.post("/v1/counts?to=9")).headers["location"]

    await things.drain()

    ended = (await things.get(where)).json()
    assert (ended["state"], ended["problem"]["code"], ended["problem"]["title_zh"]) == (
        "FAILED",
        "out-of-stock",
        "余量不足。",
    )


async def test_long_work_can_be_cancelled_and_is_seen_in_its_division_only(things: Api) -> None:
    where = (await things.post("/v1/counts")).headers["location"]

    assert (await things.as_("town-clerk", "230882101").get(where)).status_code == 404
    assert (await things.post(f"{where}:cancel")).json()["state"] == "CANCELLED"
    await things.drain()
    assert (await things.get(where)).json()["state"] == "CANCELLED"
    assert await code(await things.post(f"{where}:cancel")) == (409, "operation-over")


async def test_work_whose_request_was_rolled_back_is_never_queued(things: Api) -> None:
    await things.post("/v1/counts?to=3", key="k")
    await things.post("/v1/counts?to=3", key="k")

    assert await things.sql("SELECT count(*) FROM operation") == [(1,)]
    assert await things.sql("SELECT count(*) FROM procrastinate_jobs") == [(1,)]


async def test_health_tells_what_is_missing(things: Api) -> None:
    assert (await things.anonymous().get("/livez")).text == "ok"
    assert (await things.anonymous().get("/readyz")).json() == {"ready": True, "missing": None}
    await things.admin_sql("DELETE FROM registry.alembic_version")
    assert (await things.anonymous().get("/readyz")).json() == {"ready": False, "missing": "migrations"}
    await things.get("/v1/things")
    assert 'route="/v1/things"' in (await things.anonymous().get("/metrics")).text


def test_openapi_names_the_refusals_and_has_no_defaults_of_the_framework(app: FastAPI) -> None:
    document = app.openapi()

    assert document["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(document)
    added = document["paths"]["/v1/things"]["post"]
    assert added["operationId"] == "add_thing"
    assert set(added["responses"]["409"]["content"]["application/problem+json"]["examples"]) == {"out-of-stock"}
    assert {"401", "403", "422"} <= set(added["responses"])


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/docs/start.js", "/docs/swagger-ui.js", "/docs/swagger-ui.css", "/docs/redoc.js"]
)
async def test_the_documentation_comes_from_the_service_itself(things: Api, path: str) -> None:
    response = await things.anonymous().get(path)

    assert response.status_code == 200
    if response.headers["content-type"].startswith("text/html"):
        assert "://" not in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_a_commit_that_fails_is_a_refusal_and_never_a_201(things: Api) -> None:
    await things.admin_sql("""
        CREATE FUNCTION registry.too_late() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'late' USING ERRCODE = '23514', CONSTRAINT = 'ck_stock_left'; END $$""")
    await things.admin_sql("""
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON registry.stock DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (new.name = 'late') EXECUTE FUNCTION registry.too_late()""")

    response = await things.post("/v1/things", json={"name": "late", "size": 1}, key="k")

    assert await code(response) == (409, "out-of-stock")
    assert await things.sql("SELECT count(*) FROM stock") == [(0,)]
    assert await things.sql("SELECT count(*) FROM idempotency") == [(0,)]


async def test_connections_that_died_in_the_pool_are_not_met_by_callers(things: Api) -> None:
    assert (await things.get("/v1/things")).status_code == 200
    dead = await things.admin_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fupin-registry'"
    )
    assert dead

    assert (await things.get("/v1/things")).status_code == 200


async def test_a_database_that_is_gone_is_a_503_that_says_so(things: Api) -> None:
    await things.admin_sql("ALTER ROLE fupin_registry CONNECTION LIMIT 0")
    try:
        await things.runtime.engine.dispose()
        response = await things.get("/v1/things")
        assert await code(response) == (503, "database-away")
        assert response.headers["retry-after"] == "5"
        assert (await things.anonymous().get("/readyz")).status_code == 503
    finally:
        await things.admin_sql("ALTER ROLE fupin_registry CONNECTION LIMIT -1")


async def test_yes_or_no_is_true_or_false_and_no_number_or_word(things: Api) -> None:
    for fragile, status in ((True, 201), (0, 422), ("off", 422), (None, 422)):
        assert (
            await things.post("/v1/things", json={"name": "kettle", "size": 1, "fragile": fragile})
        ).status_code == status, fragile


async def test_a_whole_number_is_no_text_no_fraction_and_no_truth(things: Api) -> None:
    for size, status in ((1, 201), ("1", 422), (1.0, 422), (1.5, 422), (True, 422), (1e3, 422)):
        refused = await things.post("/v1/things", json={"name": "kettle", "size": size})
        assert refused.status_code == status, size
        if status == 422:
            error = refused.json()["errors"][0]
            assert (error["pointer"], error["detail"]) == ("/size", "must be a whole number, without quotes or a point")


async def test_a_field_of_a_form_left_empty_is_refused_and_not_taken_for_one_left_out(
    things: Api, app: FastAPI
) -> None:
    async def sent(**fields: str) -> Any:
        return await things.post("/v1/sheets", files={name: (None, value) for name, value in fields.items()})

    assert (await sent(note="", validate_only="true", day="2018-05-17")).json() == {
        "note": "", "validate_only": True, "day": "2018-05-17",
    }  # fmt: skip
    refused = await sent(note="a", validate_only="", day="")
    assert refused.status_code == 422
    assert {(error["pointer"], error["code"]) for error in refused.json()["errors"]} == {
        ("/validate_only", "empty"), ("/day", "empty"),
    }  # fmt: skip
    assert (await things.anonymous().post("/v1/sheets", files={"day": (None, "")})).status_code == 401
    assert app.openapi()["components"]["schemas"]["NewSheet"]["properties"]["day"] == {
        "title": "Day", "type": "string", "format": "date",
    }  # fmt: skip


async def test_the_document_says_which_idempotency_keys_are_taken(things: Api, app: FastAPI) -> None:
    (key,) = app.openapi()["paths"]["/v1/things:slowly"]["post"]["parameters"]
    for said in ("a", "é x", "~", "\x85", "a\xadb", "\xa0"):
        headers = [(b"Idempotency-Key", said.encode("latin-1"))]
        answer = await things.http.post("/v1/things:slowly", json={}, headers=headers)
        assert (answer.status_code == 422) == bool(re.search(key["schema"]["pattern"], said)), said
