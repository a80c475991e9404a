"""
How long does importing a million households take, against plain `COPY` of the same rows into the same tables?

    python bench/imports.py [--rows N] [--sheet-rows N] [--rounds N] [--quick]

The file: one household a row, its head with it, 26 columns filled, Chinese headings, UTF-8. It goes through the front
door (POST /v1/imports, the job run in this process), so upload, sealing of the file, validation of every cell,
encryption, blind indexes, history, change feed, audit and review are all counted.

The bare side, on the same durable server: `COPY ... FROM STDIN` brings the finished rows of household,
household_income and member from files into an equally migrated database: the same columns, indexes, checks and foreign
keys, but none of our triggers (no history, no change feed, no audit), as superuser, whom row-level security does not
bind, in one transaction. Each round makes both databases anew and checkpoints them before their turn.

The workbook is imported into a third database and read with python-calamine alone in a process of its own.

Beside the seconds stand the processor seconds of everything that worked: this process, the reading child, PostgreSQL.
On a machine that others load, these are what to compare; the import uses two cores, COPY one.
"""

import argparse
import asyncio
import csv
import json
import logging
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import psycopg
import structlog
import xlsxwriter

from fupin import issuer
from fupin.auth import Verifier
from fupin.jwks import StaticKeys
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from fupin.runtime import Runtime
from fupin.settings import Settings
from services.registry.app import create_app

HEADINGS = (
    "户编号", "行政区划代码", "居住类型", "户类型", "户状态", "识别日期", "主要致贫原因", "其他致贫原因", "联系电话",
    "银行账号", "工资性收入(元)", "经营性收入(元)", "转移性收入(元)", "生产经营支出(元)", "收入年度", "住房等级",
    "耕地面积(亩)", "姓名", "证件号码", "性别", "民族", "与户主关系", "文化程度", "健康状况", "劳动能力", "医疗保险",
)  # fmt: skip
VILLAGES = [f"230882{town:03d}{village:03d}" for town in range(101, 112) for village in range(201, 226)]
COPIED = {
    "household": "id, county_code, division_code, household_no, residence, poverty_type, status, status_on, main_cause,"
    " other_causes, identified_on, phone_enc, phone_index, phone_mask, bank_account_enc, bank_account_index,"
    " bank_account_mask, farmland_mu, house_grade, source_hash",
    "household_income": "household_id, county_code, division_code, year, persons, wage_fen, business_fen, property_fen,"
    " transfer_fen, production_cost_fen",
    "member": "id, household_id, county_code, division_code, name, id_number_enc, id_number_index, id_number_mask,"
    " birth_date, sex, nationality, relation, education, health, labour_ability, medical_insurance",
}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CALAMINE = """
import sys, time
from python_calamine import CalamineWorkbook
began, spent = time.perf_counter(), time.process_time()
for row in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows(): pass
print(time.perf_counter() - began, time.process_time() - spent)
"""


def row(n: int) -> list[Any]:
    """One household with its head; ID numbers of a division that exists nowhere."""
    village = VILLAGES[n % len(VILLAGES)]
    born = date(1935, 1, 1) + timedelta(days=n // 1000 % 25_000)
    body = f"990000{born:%Y%m%d}{n % 1000:03d}"
    number = body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]
    return [
        f"{village}-{n:07d}", village, "农村", "一般贫困户", "未脱贫", f"201{n % 7}-0{1 + n % 9}-1{n % 10}", "因病",
        "因残、缺劳力", f"100{n % 100_000_000:08d}", f"621099990{n:010d}", n % 9000, f"{n % 7000}.5", n % 3000, n % 500,
        2017, "ABCD"[n % 4], f"{n % 60}.5", "张王李赵陈刘"[n % 6] + "大小春秋明亮"[n // 6 % 6] + chr(0x4E00 + n % 5000),
        number, "男" if n % 2 else "女", "汉族", "户主", "小学", "长期慢性病", "弱劳动力或半劳动力", "是",
    ]  # fmt: skip


class Peak:
    """The largest resident memory of this process and of its child processes, looked at twice a second."""

    def __enter__(self) -> "Peak":
        self.own = self.children = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        me = psutil.Process()
        while not self._over.wait(0.5):
            self.own = max(self.own, me.memory_info().rss)
            for child in me.children():
                try:
                    if "tables.child" in " ".join(child.cmdline()):
                        self.children = max(self.children, child.memory_info().rss)
                except psutil.Error:
                    continue

    def __str__(self) -> str:
        return f"peak memory: service {self.own >> 20} MB, reading child {self.children >> 20} MB"


class Cost(NamedTuple):
    seconds: float
    processor: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor:.1f} s of processor)"


class Meter:
    """Seconds, and processor seconds of this process, its children and the server's processes, ended ones included."""

    def __init__(self, server: Server) -> None:
        self._server = psutil.Process(server.pid)
        self._began = time.perf_counter()
        self._spent = self._processor()

    def read(self) -> Cost:
        return Cost(time.perf_counter() - self._began, self._processor() - self._spent)

    def _processor(self) -> float:
        own, ended = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        spent = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
        said = self._server.cpu_times()
        spent += said.user + said.system + said.children_user + said.children_system
        for child in self._server.children():
            try:
                said = child.cpu_times()
                spent += said.user + said.system
            except psutil.Error:
                continue
        return float(spent)


def prepare(server: Server, name: str) -> None:
    """A migrated database with the villages, anew."""
    with psycopg.connect(plain(server.url()), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute(f"CREATE DATABASE {name}")
    bootstrap(server.url(name), "registry", "bench")
    upgrade(server.url(name), "registry")
    codes = ["230882000000", *sorted({v[:9] + "000" for v in VILLAGES}), *VILLAGES]
    with psycopg.connect(plain(server.url(name)), autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute("SET fupin.division = '230882'")
        for code in codes:
            town = code.endswith("000")
            parent: str | None
            level, parent = ("TOWN", code[:6] + "000000") if town else ("VILLAGE", code[:9] + "000")
            if code.endswith("000000"):
                level, parent = "COUNTY", None
            cursor.execute(
                "INSERT INTO registry.division (code, county_code, name, level, parent_code, state_on)"
                " VALUES (%s, '230882', %s, %s, %s, '2014-01-01')",
                (code, code, level, parent),
            )
        cursor.execute("ANALYZE registry.division")
        cursor.execute("CHECKPOINT")


async def imported(server: Server, home: Path, name: str, file: Path) -> Cost:
    """From the POST to the end of its operation; prints each phase."""
    settings = Settings(home=home, division="230882", registry_database_url=server.url(name, "fupin_registry", "bench"))
    verifier = Verifier(settings.issuer_url, settings.audience, StaticKeys(issuer.jwks(settings)))
    app = create_app()
    async with Runtime("registry", settings, verifier=verifier) as runtime:
        app.state.runtime = runtime
        headers = {"Authorization": f"Bearer {issuer.mint(settings, 'county-admin')}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as http:
            meter = Meter(server)
            with Peak() as peak, file.open("rb") as content:
                answer = await http.post(
                    "/v1/imports", data={"kind": "HOUSEHOLDS"}, files={"file": (file.name, content)}, timeout=3600
                )
                where = answer.raise_for_status().headers["location"]
                print(f"  {'upload':<20}{meter.read()}")
                work = asyncio.create_task(runtime.drain())
                phase, since = "", Meter(server)
                while not work.done():
                    await asyncio.sleep(1)
                    now = (await http.get(where)).json()
                    if now["phase"] != phase:
                        if phase:
                            print(f"  {phase:<20}{since.read()}")
                        phase, since = now["phase"], Meter(server)
                await work
                print(f"  {phase:<20}{since.read()}")
            took = meter.read()
            ended = (await http.get(where)).json()
    if ended["state"] != "SUCCEEDED":
        raise SystemExit(json.dumps(ended, ensure_ascii=False, indent=1))
    print(f"  {ended['result']['added']:,} households; {peak}")
    return took


def copied(server: Server, source: str, target: str, folder: Path) -> Cost:
    """What COPY takes for the rows of `source`."""
    with psycopg.connect(plain(server.url(source))) as conn, conn.cursor() as cursor:
        for table, columns in COPIED.items():
            with (
                (folder / table).open("wb") as out,
                cursor.copy(f"COPY (SELECT {columns} FROM registry.{table} ORDER BY ctid) TO STDOUT") as copy,
            ):
                for block in copy:
                    out.write(block)
    with psycopg.connect(plain(server.url(target)), autocommit=True) as conn, conn.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f"ALTER TABLE registry.{table} DISABLE TRIGGER USER")
        cursor.execute("CHECKPOINT")
        meter = Meter(server)
        with conn.transaction():
            for table, columns in COPIED.items():
                with (
                    (folder / table).open("rb") as file,
                    cursor.copy(f"COPY registry.{table} ({columns}) FROM STDIN") as copy,
                ):
                    while block := file.read(1 << 18):
                        copy.write(block)
        return meter.read()


def alone(workbook: Path) -> Cost:
    """What python-calamine takes to read the workbook, its start not counted."""
    done = subprocess.run([sys.executable, "-c", CALAMINE, workbook], capture_output=True, check=True)
    return Cost(*map(float, done.stdout.split()))


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def text_file(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(map(row, range(rows)))
    return path


def workbook(path: Path, rows: int) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for n in range(rows):
            sheet.write_row(n + 1, 0, row(n))
    return path


def csv_round(server: Server, folder: Path, rows: int) -> tuple[Cost, Cost]:
    for name in ("imported", "copied"):
        prepare(server, name)
    print(f"import of {rows:,} CSV rows")
    took = asyncio.run(imported(server, folder / "home", "imported", folder / "households.csv"))
    bare = copied(server, "imported", "copied", folder)
    print(f"import {took}, COPY {bare}: {took.seconds / bare.seconds:.2f} times\n")
    return took, bare


def sheet_round(server: Server, folder: Path, rows: int) -> tuple[Cost, Cost, Cost]:
    """The workbook's import, calamine alone, and the import of the same rows as CSV."""
    reading = alone(folder / "households.xlsx")
    costs = []
    for file in ("households.xlsx", "sheet.csv"):
        prepare(server, "sheet")
        print(f"import of {file}, {rows:,} rows")
        costs.append(asyncio.run(imported(server, folder / "home", "sheet", folder / file)))
    print(f"workbook {costs[0]}, CSV {costs[1]}, python-calamine alone {reading}\n")
    return costs[0], reading, costs[1]


def line(what: str, ours: list[Cost], theirs: list[Cost], bar: str) -> str:
    """A line of Markdown: medians, and the range of the ratios of rounds."""
    by_time = sorted(a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True))
    by_processor = sorted(a.processor / b.processor for a, b in zip(ours, theirs, strict=True))
    cells = [
        what,
        *(
            f"{statistics.median(c.seconds for c in costs):.1f} ({statistics.median(c.processor for c in costs):.1f})"
            for costs in (ours, theirs)
        ),
        *(f"{statistics.median(r):.2f} ({r[0]:.2f} to {r[-1]:.2f})" for r in (by_time, by_processor)),
        bar,
    ]
    return "| " + " | ".join(cells) + " |"


def main(rows: int, sheet_rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as temporary, Server(Path(temporary) / "home" / "postgres") as server:
        folder = Path(temporary)
        text_file(folder / "households.csv", rows)
        texts = [csv_round(server, folder, rows) for _ in range(rounds)]
        sheets = []
        if sheet_rows:
            text_file(folder / "sheet.csv", sheet_rows)
            workbook(folder / "households.xlsx", sheet_rows)
            sheets = [sheet_round(server, folder, sheet_rows) for _ in range(rounds)]
    print(f"{rounds} rounds; seconds (processor seconds), medians\n")
    print("| what | ours | limit | ratio of seconds (range) | of processor seconds | bar |\n|---|---|---|---|---|---|")
    print(line(f"{rows:,} CSV rows : COPY", [ours for ours, _ in texts], [bare for _, bare in texts], "3"))
    if sheets:
        limits = [Cost(*(2 * r + c for r, c in zip(read, text, strict=True))) for _, read, text in sheets]
        print(line(f"{sheet_rows:,} XLSX rows : 2 x calamine + CSV", [ours for ours, _, _ in sheets], limits, "1"))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sheet-rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="20,000 rows and 10,000 of a workbook, 2 rounds")
    asked = parser.parse_args()
    main(*((20_000, 10_000, 2) if asked.quick else (asked.rows, asked.sheet_rows, asked.rounds)))
