"""Proofs, exports, and the verification that needs neither server nor database."""

import asyncio
import json
import shutil
import subprocess
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fupin.workdays import next_working_day
from services.funds.codes import LoanKind
from services.funds.rules import evidence, plaintext, plans, shares
from tests.conftest import Api
from tests.funds.conftest import appropriate, seal


async def _filled(maker: Api, checker: Api) -> None:
    """Single transfers, a batch, a back-dated one, a reversal, under two seals; one journal not sealed."""
    maker.runtime.clock.move(None)
    await appropriate(maker, 100_000)
    new = {"debit": "appropriation", "credit": "bank", "amount_fen": 1_234, "memo": '带"引号"\\与\n换行;和分号'}
    await maker.post("/v1/transfers", key="quoted", json=new)
    await maker.post("/v1/transfers:batch", key="batch", json={"transfers": [new | {"amount_fen": 7}] * 5})
    await seal(maker)
    made = await maker.post("/v1/transfers", key="old", json=new | {"effective_on": "2018-06-01"})
    await checker.post(f"/v1/journals/{made.json()['journal_id']}:reverse", key="back", json={})
    await seal(maker)
    await appropriate(maker, 5, "unsealed")


async def _export(maker: Api) -> list[str]:
    found = await maker.get("/v1/ledger/export")
    assert found.status_code == 200, found.text
    return found.text.splitlines()


async def test_every_line_proves_that_it_is_under_its_seal(maker: Api, checker: Api) -> None:
    await _filled(maker, checker)
    hashes = {s["number"]: s["hash"] for s in (await maker.get("/v1/seals")).json()["items"]}
    *sealed, fresh = (await maker.get("/v1/journals")).json()["items"]

    for journal in sealed:
        proof = (await maker.get(f"/v1/journals/{journal['id']}/proof")).json()
        assert evidence.verify_proof(proof, hashes[proof["seal"]["number"]])
        assert not evidence.verify_proof(proof, "00" * 32)
        proof["lines"][0]["amount_fen"] += 1
        assert not evidence.verify_proof(proof)
    refused = await maker.get(f"/v1/journals/{fresh['id']}/proof")
    assert refused.json()["code"] == "not-sealed"
    assert (await maker.get(f"/v1/journals/{'0' * 8}-0000-7000-8000-{'0' * 12}/proof")).status_code == 404


async def test_an_export_verifies_without_the_database_and_no_change_escapes(maker: Api, checker: Api) -> None:
    await _filled(maker, checker)
    lines = await _export(maker)

    report = evidence.verify(lines)

    assert report.wrong == []
    assert (report.journals, report.seals, report.sealed_journals) == (10, 2, 9)
    assert evidence.verify(reversed(lines)).sound
    for number, line in enumerate(lines):
        assert not evidence.verify([*lines[:number], *lines[number + 1 :]]).sound, line
        row = json.loads(line)
        if row["type"] == "journal" and row["memo"] is None and row["source"] != "TRANSFER":
            assert not evidence.verify([*lines[:number], json.dumps(row | {"memo": "x"}), *lines[number + 1 :]]).sound
        if row["type"] == "account" and row["seq"]:
            assert not evidence.verify(
                [*lines[:number], json.dumps(row | {"net_fen": row["net_fen"] + 1}), *lines[number + 1 :]]
            ).sound
    assert not evidence.verify(["nonsense"]).sound


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70), st.data())
def test_a_leaf_reaches_the_root_by_its_own_path_only(leaves: list[bytes], data: Any) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = evidence.path(leaves, index)

    assert evidence.climb(leaves[index], index, len(leaves), path) == evidence.root(leaves)
    assert evidence.climb(bytes(32), index, len(leaves), path) != evidence.root(leaves) or leaves[index] == bytes(32)
    assert evidence.climb(leaves[index], index, len(leaves), [*path, bytes(32)]) is None


async def test_postgresql_and_the_offline_verification_grow_the_same_tree(maker: Api) -> None:
    for count in (0, 1, 2, 3, 5, 8, 13, 1_000):
        leaves = [number.to_bytes(32) for number in range(count)]
        ((found,),) = await maker.sql("SELECT merkle_root(%s)", b"".join(leaves))
        assert bytes(found) == evidence.root(leaves)


# From every posting, whatever has been summed.
TURNOVER = """
    SELECT a.code, coalesce(sum(p.amount_fen) FILTER (WHERE p.debit = a.id), 0)::bigint,
           coalesce(sum(p.amount_fen) FILTER (WHERE p.credit = a.id), 0)::bigint
    FROM account a LEFT JOIN (posting p JOIN journal j ON j.id = p.journal_id AND j.effective_on <= %s)
      ON a.id IN (p.debit, p.credit)
    GROUP BY a.code
"""


async def test_past_balances_are_the_same_before_and_after_their_days_are_summed(maker: Api, checker: Api) -> None:
    await _filled(maker, checker)
    days = ("2018-05-31", "2018-06-01", "2018-06-02", "2030-01-01")

    async def balances() -> list[Any]:
        of_days = [
            (await maker.get(f"/v1/accounts/{code}/balance?on={day}")).json()
            for code in ("bank", "appropriation", "shared") for day in days
        ]  # fmt: skip
        trials = [(await maker.get(f"/v1/trial-balance?as_of={day}")).json() for day in days]
        for day, trial in zip(days, trials, strict=True):
            rows = {row["code"]: (row["debit_fen"], row["credit_fen"]) for row in trial["items"]}
            turnover = {code: (debit, credit) for code, debit, credit in await maker.sql(TURNOVER, day)}
            assert rows == turnover
            assert trial["balanced"]
        return of_days + trials

    before = await balances()
    assert (await maker.sql("SELECT sum_days('230882')"))[0][0] > 0
    assert await balances() == before
    spend = {"debit": "appropriation", "credit": "bank", "amount_fen": 3, "effective_on": "2018-06-02"}
    assert (await maker.post("/v1/transfers", key="later", json=spend)).status_code == 201
    tail = await balances()
    assert tail != before
    await maker.sql("SELECT sum_days('230882')")
    assert await balances() == tail
    assert (await maker.sql("SELECT sum_days('230882')"))[0][0] == 0


async def test_the_account_seals_itself_and_sums_its_days(funds: Api) -> None:
    maker = funds.as_("finance-maker")
    gift = {"kind": "DONATION", "amount_fen": 500, "payer": "a neighbour"}
    assert (await maker.post("/v1/receipts", key="gift", json=gift)).status_code == 201

    async def open_ends() -> list[tuple[Any, ...]]:
        return await maker.sql("SELECT (SELECT count(*) FROM journal) - (SELECT coalesce(sum(journals), 0) FROM seal)")

    assert await open_ends() == [(1,)]
    for _ in range(100):  # a transaction anywhere on the server makes a seal wait for it
        await funds.runtime.keep_house()
        if await open_ends() == [(0,)]:
            break
    assert await open_ends() == [(0,)]
    assert (await maker.sql("SELECT sum_days('230882')"))[0][0] == 0


def _distributed() -> list[dict[str, Any]]:
    """The rows of an export that an approved distribution to three households leaves."""
    rule: dict[str, Any] = {
        "id": "r", "name": "by need", "revision": 1, "per_person": 1, "per_income_gap": 0, "per_ill": 2,
        "per_disabled": 0, "per_student": 1, "no_able_labour": 0, "income_line_fen": 300_000, "floor_fen": 0,
        "cap_fen": None,
    }  # fmt: skip
    needs = [shares.Needs(size, 1, ill, 0, 0, None) for size, ill in ((3, 1), (5, 0), (2, 2))]
    header = {"county": "230882", "year": 2018, "sequence": 1, "pot_fen": 100_001, "need_on": "2018-05-17"}
    points = SimpleNamespace(**rule)
    found = shares.allocate(100_001, [shares.need(points, need) for need in needs]).shares
    places = [(str(UUID(int=n)), f"h{n}", "230882101203", need, found[n].fen) for n, need in enumerate(needs)]
    lines = [
        {"type": "distribution_line", "distribution_id": "d", "line_no": n, "household_id": place[0],
         "household_no": place[1], "division_code": place[2], "share_fen": place[4], **asdict(place[3])}
        for n, place in enumerate(places, start=1)
    ]  # fmt: skip
    made = {
        "type": "distribution", "id": "d", "rule_id": "r", "state": "APPROVED", "header": header,
        "batch_hash": shares.batch_hash(header | {"rule": rule}, places).hex(),
    }  # fmt: skip
    return [rule | {"type": "distribution_rule"}, made, *lines]


@pytest.mark.parametrize("change", [{"share_fen": 1}, {"ill": 3}, {"household_no": "another"}, {}])
def test_a_distribution_is_reckoned_again_and_an_altered_line_is_found(change: dict[str, Any]) -> None:
    *rows, last = _distributed()
    kinds = Counter(row["type"] for row in [*rows, last])
    head = {"type": "export", "format": evidence.FORMAT, "county": "230882"}
    whole = [head, *rows, last | change, {"type": "end", "rows": kinds}]

    report = evidence.verify(json.dumps(row) for row in whole)

    assert report.distributions == 1
    assert report.sound == (not change)
    assert all("distribution 2018/1" in wrong for wrong in report.wrong)


@pytest.mark.parametrize("change", [{"amount_fen": 71_999_999}, {"due_on": "2020-06-20"}, {"period_no": 6}, {}])
def test_a_schedule_is_reckoned_again_from_its_terms_and_an_altered_instalment_is_found(change: dict[str, Any]) -> None:
    loan = {
        "type": "loan", "id": "l", "loan_no": "2018-001", "kind": "FIXED_CONTRIBUTION_BULLET",
        "principal_fen": 1_000_000_000, "start_on": "2018-06-01", "term_years": 5, "rate_ppm": 0,
        "yearly_contribution_fen": 72_000_000, "periods_per_year": 1, "day_count": "ACT_365",
    }  # fmt: skip
    terms = plans.Terms(LoanKind.FIXED_CONTRIBUTION_BULLET, 1_000_000_000, date(2018, 6, 1), 5, 72_000_000)
    rows: list[dict[str, Any]] = [
        {"type": "instalment", "loan_id": "l", "version": 1, "period_no": due.period_no, "kind": due.kind.value,
         "due_on": due.due_on.isoformat(), "amount_fen": due.amount_fen, "penalised_id": None}
        for due in plans.plan(terms, next_working_day)
    ]  # fmt: skip
    assert [row["due_on"] for row in rows[:2]] == ["2019-06-03", "2020-06-01"]  # 1 June 2019 is a Saturday
    rows[1] |= change
    head = {"type": "export", "format": evidence.FORMAT, "county": "230882"}
    end = {"type": "end", "rows": {"loan": 1, "instalment": len(rows)}}

    report = evidence.verify(json.dumps(row) for row in [head, loan, *rows, end])

    assert (report.loans, report.sound) == (1, not change)
    assert all("loan 2018-001" in wrong for wrong in report.wrong)


def test_an_income_account_does_not_say_twice_that_it_is_income() -> None:
    written = plaintext.Hledger()
    codes = ["income.donation", "donation", "other"]
    for number, code in enumerate(codes):
        written.row(json.dumps({"type": "account", "id": number, "code": code, "kind": "INCOME", "name": "x"}))

    assert list(written.names.values()) == ["Income:Donation", "Income:X-Id-1", "Income:Other"]
    assert plaintext.account_name("EXPENSE", "expense.write-off", 1) == "Expenses:Write-off"


def _trial(found: dict[str, Any]) -> dict[str, int]:
    """Debit-positive balances by the account's last word."""
    sign = {"ASSET": 1, "EXPENSE": 1}
    return {r["code"]: r["balance_fen"] * sign.get(r["kind"], -1) for r in found["items"] if r["balance_fen"]}


async def test_beancount_accepts_the_books_and_reckons_the_trial_balance(
    maker: Api, checker: Api, tmp_path: Path
) -> None:
    loader = pytest.importorskip("beancount.loader")
    realization = pytest.importorskip("beancount.core.realization")
    await _filled(maker, checker)
    file = tmp_path / "books.beancount"
    file.write_text((await maker.get("/v1/ledger/export?format=beancount")).text)

    entries, errors, _ = loader.load_file(str(file))

    assert errors == []
    found = {}
    for account in realization.iter_children(realization.realize(entries)):
        for position in account.balance:
            found[account.account.split(":", 1)[1].lower()] = int(position.units.number * 100)
    assert found == _trial((await maker.get("/v1/trial-balance?as_of=2099-01-01")).json())


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
async def test_hledger_accepts_the_books_and_reckons_the_trial_balance(
    maker: Api, checker: Api, tmp_path: Path
) -> None:
    await _filled(maker, checker)
    file = tmp_path / "books.journal"
    file.write_text((await maker.get("/v1/ledger/export?format=hledger")).text)

    run = await asyncio.to_thread(
        subprocess.run,
        ["hledger", "-f", str(file), "bal", "-N", "--flat", "-O", "csv"],
        capture_output=True, text=True, check=True, env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    rows = [line.strip('"').split('","') for line in run.stdout.splitlines()[1:]]
    found = {
        name.split(":", 1)[1].lower(): round(float(amount.split()[0].replace(",", "")) * 100) for name, amount in rows
    }
    assert found == _trial((await maker.get("/v1/trial-balance?as_of=2099-01-01")).json())
