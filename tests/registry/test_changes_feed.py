"""The change feed: nothing missed, nothing out of order, nothing told to whom it does not concern."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from tests.conftest import Api, _plain
from tests.registry import world
from tests.registry.world import OTHER_VILLAGE, VILLAGE

Line = dict[str, Any]


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)


async def read(registry: Api, after: str | None = None, **more: Any) -> tuple[list[Line], str]:
    """One answer's lines and the cursor that follows them."""
    response = await registry.get("/v1/changes", params=more | ({"after": after} if after else {}))
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()], response.headers["next-cursor"]


async def caught_up(registry: Api) -> str:
    cursor = (await read(registry))[1]
    while (found := await read(registry, cursor))[0]:
        cursor = found[1]
    return found[1]


@asynccontextmanager
async def writer(registry: Api) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    dsn = _plain(registry.runtime.engine.url.render_as_string(hide_password=False))
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("SELECT set_config('fupin.division', '230882', false)")
        await connection.commit()
        yield connection


TOUCH = "UPDATE household SET farmland_mu = coalesce(farmland_mu, 0) + 1, version = version + 1 WHERE id = %s"


async def test_what_was_written_is_read_once_and_in_order(registry: Api) -> None:
    cursor = await caught_up(registry)
    made = await world.household(registry, 1)
    await registry.patch(f"/v1/households/{made['id']}", version=1, json={"house_grade": "B"})
    lines, after = await read(registry, cursor)

    assert [(line["kind"], line["action"], line["version"]) for line in lines] == [
        ("household", "INSERT", 1), ("member", "INSERT", 1), ("household", "UPDATE", 2)
    ]  # fmt: skip
    assert set(lines[0]) == {"kind", "id", "action", "version", "division_code", "at"}
    assert (lines[0]["id"], lines[0]["division_code"]) == (made["id"], VILLAGE)
    assert (await read(registry, after))[0] == []
    assert (await read(registry, cursor))[0] == lines
    assert [line["kind"] for line in (await read(registry, cursor, kind="member"))[0]] == ["member"]
    paged: list[Line] = []
    while (found := await read(registry, cursor, limit=1))[0]:
        paged += found[0]
        cursor = found[1]
    assert paged == lines


async def test_a_change_that_commits_late_is_not_lost_and_holds_up_nobody(registry: Api) -> None:
    slow, quick = [await world.household(registry, n) for n in (1, 2)]
    cursor = await caught_up(registry)
    async with writer(registry) as late, writer(registry) as early:
        await late.execute(TOUCH, (slow["id"],))
        await early.execute(TOUCH, (quick["id"],))
        await early.commit()
        lines, cursor = await read(registry, cursor)
        assert [line["id"] for line in lines] == [quick["id"]]
        await late.commit()
    lines, cursor = await read(registry, cursor)
    assert [line["id"] for line in lines] == [slow["id"]]


async def test_concurrent_writers_leave_no_gap_and_no_disorder(registry: Api) -> None:
    ids = [(await world.household(registry, n))["id"] for n in range(5)]
    held = ids.pop()  # by a transaction that begins first and commits last
    way = await world.pathway(registry, held, "LIVESTOCK")
    cursor = await caught_up(registry)
    chance = random.Random(7)
    done = asyncio.Event()

    async def write(rounds: int) -> None:
        async with writer(registry) as connection:
            for _ in range(rounds):
                # In one order, so that writers wait for each other and never deadlock.
                for id in sorted(chance.sample(ids, chance.choice((1, 2)))):
                    await connection.execute(TOUCH, (id,))
                    await asyncio.sleep(chance.random() * 0.01)
                if chance.random() < 0.2:
                    await connection.rollback()
                else:
                    await connection.commit()

    seen: list[Line] = []

    async def follow() -> None:
        nonlocal cursor
        while True:
            last = done.is_set()
            lines, cursor = await read(registry, cursor, limit=7)
            seen.extend(lines)
            if last and not lines:
                return

    async def all_writers() -> None:
        async with writer(registry) as slow:
            await slow.execute(TOUCH, (held,))
            await slow.execute("DELETE FROM household_pathway WHERE id = %s", (way["id"],))
            await asyncio.gather(*(write(25) for _ in range(6)))
            assert held not in {line["id"] for line in seen}
            await slow.commit()
        done.set()

    await asyncio.gather(follow(), all_writers())
    versions = dict(await registry.sql("SELECT id::text, version FROM household"))
    for id in ids:
        told = [line["version"] for line in seen if line["id"] == id]
        assert told == list(range(2, versions[id] + 1))
    assert [(line["id"], line["action"]) for line in seen if line["id"] in (held, way["id"])] == [
        (held, "UPDATE"), (way["id"], "DELETE")
    ]  # fmt: skip


async def test_a_household_that_moves_away_is_deleted_for_its_old_town(registry: Api) -> None:
    made = await world.household(registry, 1)
    old, new = registry.as_("town-clerk", "230882101"), registry.as_("town-clerk", "230882102")
    before_old, before_new = await caught_up(old), await caught_up(new)
    await registry.sql(f"UPDATE household SET division_code = '{OTHER_VILLAGE}', version = 2 WHERE id = %s", made["id"])

    left = (await read(old, before_old))[0]
    assert {(line["kind"], line["action"]) for line in left} == {("household", "DELETE"), ("member", "DELETE")}
    assert {line["division_code"] for line in left} == {VILLAGE}
    assert (await read(old, before_old, kind="household"))[0][0]["id"] == made["id"]
    come = (await read(new, before_new))[0]
    assert {(line["kind"], line["action"]) for line in come} == {("household", "INSERT"), ("member", "INSERT")}


async def test_a_deletion_is_told(registry: Api) -> None:
    made = await world.household(registry, 1)
    way = await world.pathway(registry, made["id"], "LIVESTOCK")
    cursor = await caught_up(registry)
    await registry.sql("DELETE FROM household_pathway WHERE id = %s", way["id"])
    lines, _ = await read(registry, cursor)

    assert [(line["kind"], line["id"], line["action"]) for line in lines] == [
        ("household_pathway", way["id"], "DELETE")
    ]


async def test_a_reader_may_wait_for_the_next_change(registry: Api) -> None:
    cursor = await caught_up(registry)
    waiting = asyncio.create_task(read(registry, cursor, wait=10))
    await asyncio.sleep(0.2)
    made = await world.household(registry, 1)
    lines, _ = await waiting

    assert lines[0]["id"] == made["id"]


async def test_a_position_is_good_for_readers_of_its_division_only(registry: Api) -> None:
    cursor = await caught_up(registry)
    clerk = registry.as_("town-clerk", "230882101")
    for reader, after in ((clerk, cursor), (registry, cursor[:-2] + "AA"), (registry, "x")):
        refused = await reader.get("/v1/changes", params={"after": after})
        assert (refused.status_code, refused.json()["code"]) == (400, "not-your-position")
