"""The files say what the world holds, to a spreadsheet program as to us."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from fujin import files
from fujin.__main__ import main
from fujin.files import File
from fujin.world import World, make


@pytest.fixture(scope="module")
def written(world: World) -> list[File]:
    return list(files.every(world))


def rows(file: File) -> Iterator[dict[str, Any]]:
    if file.media_type == files.XLSX:
        book = openpyxl.load_workbook(io.BytesIO(file.content), read_only=True)
        table: Sequence[Sequence[Any]] = list(book.worksheets[0].iter_rows(values_only=True))
        book.close()
    else:
        encoding = "utf-8-sig" if file.content.startswith(b"\xef\xbb\xbf") else "gb18030"
        table = list(csv.reader(io.StringIO(file.content.decode(encoding))))
    headings = table[1]
    return (dict(zip(headings, row, strict=True)) for row in table[2:])


def of(written: list[File], start: str) -> list[dict[str, Any]]:
    return [row for file in written if file.name.startswith(start) for row in rows(file)]


def test_the_same_world_gives_the_same_bytes(world: World, written: list[File]) -> None:
    assert list(files.every(make(world.seed))) == written


def test_every_file_says_that_it_is_synthetic(written: list[File]) -> None:
    for file in written:
        if file.media_type == files.CSV:
            encoding = "utf-8-sig" if file.name.startswith("05") else "gb18030"
            assert file.content.decode(encoding).startswith("合成数据")
            continue
        book = openpyxl.load_workbook(io.BytesIO(file.content), read_only=True)
        assert "合成数据" in book.properties.subject
        assert "合成数据" in str(book.worksheets[0]["A1"].value)
        assert book.sheetnames[-1] == "说明"
        book.close()


def test_divisions_come_back_from_their_file(world: World, written: list[File]) -> None:
    found = of(written, "01")
    assert [row["行政区划代码"] for row in found] == [place.code for place in world.divisions]
    assert sum(row["贫困村"] == "是" for row in found) == 8
    assert sum(row["通自来水"] == "否" for row in found) == 38
    assert sum(row["供水运行"] == "否" for row in found) == 40
    assert all(row["供水运行"] is None for row in found if row["通自来水"] != "是")


def test_households_and_members_come_back_from_their_towns_files(world: World, written: list[File]) -> None:
    own = [file for file in written if file.name.startswith("02")]
    assert len(own) == 11
    assert sum(file.media_type == files.CSV for file in own) == 1
    found = of(written, "02")
    expected = {
        member.id_number: (household.household_no, member.name)
        for household in world.households
        for member in household.members
    }
    assert len(found) == len(expected)
    assert {row["证件号码"]: (row["户编号"], row["姓名"]) for row in found} == expected
    for row in found:
        assert isinstance(row["银行账号"], str)
        assert len(row["银行账号"]) == 19  # as text: a number would lose its last digits


def test_dates_are_dates(written: list[File]) -> None:
    assert all(isinstance(row["开始日期"], datetime) for row in of(written, "03"))
    assert {row["核查日期"][:5] for row in of(written, "05")} == {"2018/"}


@pytest.mark.parametrize(("start", "count"), [("06", 2781), ("07", 2781 + 134)])
def test_rosters_come_back_from_their_files(world: World, written: list[File], start: str, count: int) -> None:
    found = of(written, start)
    assert len(found) == count
    rows_made = world.rosters.ledger_2017 if start == "06" else world.rosters.data_2018
    assert [(row["户编号"] or "", row["证件号码"]) for row in found] == [
        (row.household_no, row.id_number) for row in rows_made
    ]
    if start == "07":
        assert sum(bool(row["清退原因"]) for row in found) == 488


def test_the_command_writes_all_files_for_a_person_to_open(
    written: list[File], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fujin", "files", str(tmp_path / "county")])
    assert main() == 0
    assert {path.name for path in (tmp_path / "county").iterdir()} == {file.name for file in written}
    assert "合成数据" in capsys.readouterr().out
