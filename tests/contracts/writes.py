"""
What a write needs beside the first example of its document to get past every check of its form, on the rows of
`filling`: other words in its body, a file, or rows that it is about.
"""

import json
from importlib import import_module
from typing import Any

import psycopg

from fupin.crypto import Vault
from tests.contracts import filling
from tests.contracts.asking import Operation
from tests.contracts.filling import COUNTY, ID, MARK, TOWN

OTHER = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002"
PAPER = {"file": ("a.pdf", b"%PDF-1.7 ", "application/pdf")}
PROPOSAL = {"kind": "HOUSEHOLD", "household_id": ID, "version": 1, "change": {}}
MT940 = """:20:STMT1
:25:ICBC/1
:28C:00001/001
:60F:C180601CNY0,00
:61:1806010601C7200,00NTRFNONREF//BK1
:62F:C180601CNY7200,00
-
"""


def _file(text: str) -> dict[str, Any]:
    return {"file": ("a.csv", text.encode(), "text/csv")}


def _second(table: str, **other: str) -> str:
    """A row like the one there is."""
    return f"INSERT INTO {table} SELECT (jsonb_populate_record(r, '{json.dumps(other)}')).* FROM {table} r"


# Once for all: words that the rows' own rules ask for and no column's type says.
ROWS = """
UPDATE registry.division SET level = 'VILLAGE', valid_from = '1990-01-01';
UPDATE registry.pathway SET code = 'MARKED' WHERE zh = 'MARK';
UPDATE registry.medical_line SET code = 'MARKED' WHERE zh = 'MARK';
UPDATE funds.account SET managed = false, kind = 'ASSET';
UPDATE funds.balance SET max_fen = 1000000000000, is_open = true;
INSERT INTO funds.account SELECT (jsonb_populate_record(a, o)).* FROM funds.account a, (VALUES
  ('{"id": 1002, "code": "county-relief"}'::jsonb), ('{"id": 1003, "code": "town-relief"}')) o (o);
INSERT INTO funds.balance SELECT (jsonb_populate_record(b, o)).* FROM funds.balance b, (VALUES
  ('{"account_id": 1002}'::jsonb), ('{"account_id": 1003}')) o (o);
SELECT setval(pg_get_serial_sequence('funds.account', 'id'), 2000);
UPDATE funds.payout_template SET result_columns = '{"number": "序号", "amount": "金额", "outcome": "结果"}',
  paid_words = '["成功"]';
UPDATE funds.transfer_request SET debit = 'county-relief', credit = 'town-relief';
UPDATE inspection.question SET relevant_to = NULL;
""".replace("MARK'", f"{MARK}'")

# By operation: `json` and `data` are laid over the example, `files` and `url` stand for themselves, `rows` come first.
NEEDS: dict[str, dict[str, Any]] = {
    "registry POST /v1/divisions:merge": {
        "json": {"from_codes": ["230882101203"], "into_code": "230882101204"},
        "rows": _second("registry.division", id=OTHER, code="230882101204", division_code="230882101204"),
    },
    "registry POST /v1/divisions": {
        "json": {"code": f"{TOWN}204", "parent_code": f"{TOWN}000"},
        "rows": _second("registry.division", id=OTHER, code=f"{TOWN}000", division_code=f"{TOWN}000", level="TOWN"),
    },
    "registry POST /v1/responsibility-letters": {"json": {"division_code": f"{TOWN}000"}},
    "registry PATCH /v1/pathways/{code}": {"url": "/v1/pathways/MARKED"},
    "registry PATCH /v1/medical-lines/{code}": {"url": "/v1/medical-lines/MARKED"},
    "registry POST /v1/imports": {"files": _file("code,name,level,parent_code\n")},
    "registry PATCH /v1/column-mappings/{mapping_id}": {"json": {"columns": {"村名": "name"}}},
    "registry PATCH /v1/procedure-rules/{kind}/{step}": {"url": "/v1/procedure-rules/IDENTIFICATION/FIRST_NOTICE"},
    "registry POST /v1/households/{household_id}:decide": {"json": {"on": None}},
    "funds POST /v1/accounts": {"json": {"code": "village-relief"}},
    "funds POST /v1/payout-batches/{batch_id}/results": {"files": _file("序号,金额,结果\n1,0.01,成功\n")},
    "funds POST /v1/bank-statements": {"data": {"format": "MT940"}, "files": _file(MT940)},
    "projects PUT /v1/plans/{plan_id}": {"json": {"goals": []}},
    "projects POST /v1/calendars": {"json": {"kind": "milestones"}},
    "inspection POST /v1/calendars": {"json": {"kind": "meetings"}},
    "inspection POST /v1/meetings/{meeting_id}/action-items": {"json": {"due_on": "2018-06-29"}},
    "inspection POST /v1/cross-inspections:pair": {
        "json": {"team_ids": [ID, OTHER]}, "rows": _second("inspection.team", id=OTHER, name="乙组"),
    },
    "inspection POST /v1/visits/{visit_id}/answers": {"json": {"answers": {MARK: True}}},
    "inspection POST /v1/visits/{visit_id}/answers:correct": {"json": {"answers": {MARK: True}}},
    "inspection POST /v1/draws/{draw_id}/packet-returns": {"files": _file("household,checklist_id\n")},
    "inspection POST /v1/escalation-rules": {"json": {"division_code": f"{COUNTY}000000"}},
}  # fmt: skip


def asked(operation: Operation) -> dict[str, Any]:
    """What httpx sends for an operation."""
    needs, request = NEEDS.get(operation.name, {}), operation.request()
    if operation.path.endswith("/attachments"):
        needs = {"files": PAPER}
    for part in ("json", "data"):
        if part in needs:
            request[part] |= needs[part]
    return request | {part: needs[part] for part in ("url", "files") if part in needs}


def prepare(dsn: str, vault: Vault) -> None:
    """The rows of `filling` with `ROWS`, and what is sealed in them sealed."""
    filling.fill(dsn)
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        for statement in ROWS.strip().rstrip(";").split(";\n"):
            db.execute(statement)
        for service in ("registry", "projects"):
            for place, context in import_module(f"services.{service}.models.sealed").SEALED.items():
                table, column = place.split(".")
                told = json.dumps(PROPOSAL) if column == "proposal_enc" else "110"
                db.execute(f"ALTER TABLE {service}.{table} DISABLE TRIGGER USER")
                db.execute(f"UPDATE {service}.{table} SET {column} = %s", (vault.seal(told, context),))
                db.execute(f"ALTER TABLE {service}.{table} ENABLE TRIGGER USER")
