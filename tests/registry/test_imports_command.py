"""`fupin import FILE` as a person runs it, against the registry on a real port; and a sender whose line is cut."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import openpyxl
import uvicorn

from tests.conftest import Api
from tests.registry.files import HOUSEHOLDS, csv_file, person
from tests.registry.world import divisions, made


async def _until(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(30):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _served(registry: Api) -> AsyncIterator[int]:
    """The registry on a port of its own; which one."""
    server = uvicorn.Server(uvicorn.Config(registry.app, port=0, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await _until(started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def _command(registry: Api, port: int, *arguments: str) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FUPIN_")}
    ours = {"FUPIN_HOME": str(registry.settings.home), "FUPIN_REGISTRY_URL": f"http://127.0.0.1:{port}"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fupin.cli", "import", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=inherited | ours,
    )  # fmt: skip


async def _run(registry: Api, port: int, *arguments: str) -> tuple[int | None, str]:
    """The command, its job worked off beside it: its exit code, what it printed."""
    command = await _command(registry, port, *arguments)
    over = asyncio.create_task(command.communicate())
    while not over.done():
        await registry.drain()
        await asyncio.sleep(0.05)
    printed, told = over.result()
    assert b"Traceback" not in told, told.decode()
    return command.returncode, printed.decode()


async def test_the_command_imports_a_file_tells_its_bad_cells_and_marks_them(registry: Api, tmp_path: Path) -> None:
    await divisions(registry)
    headings = ["身份证" if heading == "证件号码" else heading for heading in HOUSEHOLDS]
    mapping = {"name": "民政局台账", "kind": "HOUSEHOLDS", "columns": {"身份证": "id_number"}}
    await made(registry.post("/v1/column-mappings", json=mapping))
    bad, good, marked = (tmp_path / name for name in ("bad.csv", "good.csv", "marked.xlsx"))
    bad.write_bytes(csv_file(HOUSEHOLDS, [person(1, 1, 性别="?"), person(2, 2)], "gb18030"))
    good.write_bytes(csv_file(headings, [person(1, 1), person(2, 2)]))
    async with _served(registry) as port:
        code, printed = await _run(registry, port, str(bad), "--kind", "HOUSEHOLDS", "--marked", str(marked))
        assert (code, "HOUSEHOLDS REFUSED" in printed) == (1, True), printed
        assert all(word in printed for word in ("sex", "性别", "NOT_IN_LIST", "不在代码表内", "not in the code list"))
        sheet = openpyxl.load_workbook(marked).active
        assert "性别" in sheet.cell(2, len(HOUSEHOLDS) + 1).value
        code, printed = await _run(registry, port, str(good), "--mapping", "民政局台账", "--as-of", "2018-05-17")
        assert (code, "HOUSEHOLDS DONE" in printed, "added 2" in printed) == (0, True, True), printed
        code, printed = await _run(registry, port, str(good), "--kind", "HOUSEHOLDS")
        assert (code, "身份证" in printed) == (1, True), printed  # without the mapping the heading is unknown
    assert await registry.sql("SELECT as_of::text FROM file_import WHERE state = 'DONE'") == [("2018-05-17",)]
    assert await registry.sql("SELECT count(*) FROM household") == [(2,)]


async def test_the_command_interrupted_cancels_the_import(registry: Api, tmp_path: Path) -> None:
    await divisions(registry)
    file = tmp_path / "good.csv"
    file.write_bytes(csv_file(HOUSEHOLDS, [person(1, 1)]))
    async with _served(registry) as port:
        command = await _command(registry, port, str(file))
        await _until(lambda: registry.sql("SELECT 1 FROM operation"))
        await asyncio.sleep(0.5)  # the answer has arrived and the watching begun
        command.send_signal(signal.SIGINT)
        _, told = await command.communicate()
    assert (command.returncode, "nothing of the file is kept" in told.decode()) == (130, True), told.decode()
    await registry.drain()
    assert await registry.sql("SELECT state FROM operation") == [("CANCELLED",)]
    assert await registry.sql("SELECT 1 FROM household") == []


async def test_a_cut_connection_leaves_no_part_of_a_file_and_doubles_none(registry: Api) -> None:
    await divisions(registry)
    file = csv_file(HOUSEHOLDS, [person(1, 1), person(2, 2)])
    request = registry.http.build_request(
        "POST", "/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS"}
    )
    request.headers["Idempotency-Key"] = "cut"
    body = await request.aread()
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    start = "\r\n".join(["POST /v1/imports HTTP/1.1", *lines, "", ""]).encode()
    async with _served(registry) as port:
        for sent in (body[: len(body) // 2], body):  # cut while it is sent, and before the answer was read
            _, line = await asyncio.open_connection("127.0.0.1", port)
            line.write(start + sent)
            await line.drain()
            line.close()
            await line.wait_closed()
        await _until(lambda: registry.sql("SELECT 1 FROM file_import"))
    again = await registry.post("/v1/imports", key="cut", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS"})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    await registry.drain()
    assert await registry.sql("SELECT state, added FROM file_import") == [("DONE", 2)]
    assert await registry.sql("SELECT 1 FROM upload") == [(1,)]


async def test_of_two_imports_at_once_the_second_finds_what_the_first_left(registry: Api) -> None:
    await divisions(registry)
    file = csv_file(HOUSEHOLDS, [person(1, 1), person(2, 1, "配偶"), person(3, 2)])
    for name in ("a.csv", "b.csv"):
        await registry.post("/v1/imports", files={"file": (name, file)}, data={"kind": "HOUSEHOLDS"})
    await asyncio.gather(registry.drain(), registry.drain())
    assert await registry.sql("SELECT state, added, unchanged FROM file_import ORDER BY added") == [
        ("DONE", 0, 2),
        ("DONE", 2, 0),
    ]
    assert await registry.sql("SELECT (SELECT count(*) FROM household), (SELECT count(*) FROM member)") == [(2, 3)]
