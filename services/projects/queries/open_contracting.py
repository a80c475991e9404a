"""Projects as OC4IDS and tenders as OCDS, written as JSON by PostgreSQL, a page at a time."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, TextClause, text
from sqlalchemy import select as rows
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.projects import FundingSource
from services.projects.rules.open_contracting import words

PAGE = 500

_DAY = "to_char({}, 'YYYY-MM-DD\"T00:00:00+08:00\"')"
_MONEY = "jsonb_build_object('amount', trim_scale({} / 100.0), 'currency', 'CNY')"
_OCID = "CAST(:ocds_prefix AS text) || '-' || t.county_code || '-' || t.tender_no"
_SUPPLIER = "jsonb_build_object('id', e.uscc, 'name', e.name)"


def _day(column: str) -> str:
    return _DAY.format(column)


def _money(fen: str) -> str:
    return _MONEY.format(fen)


def _said(word: str, column: str) -> str:
    """A code in the words of the standard."""
    return f"(CAST(:words AS jsonb) -> '{word}' ->> {column})"


_TENDER_STATE = f"""
    {
    _said(
        "tender_status",
        '''coalesce(t.outcome, CASE WHEN EXISTS (
        SELECT FROM tender_lot l LEFT JOIN award w ON w.lot_id = l.id WHERE l.tender_id = t.id AND w.id IS NULL)
      THEN 'ACTIVE' ELSE 'COMPLETE' END)''',
    )
}"""

_BIDDERS = """
    FROM tender_lot l JOIN bid b ON b.lot_id = l.id JOIN enterprise e ON e.id = b.enterprise_id
    WHERE l.tender_id = t.id"""

_CONTRACTS = """
    FROM tender_lot l JOIN award w ON w.lot_id = l.id JOIN bid b ON b.id = w.bid_id
    JOIN enterprise e ON e.id = b.enterprise_id JOIN contract c ON c.award_id = w.id
    WHERE l.tender_id = t.id"""

_TRANSACTIONS = f"""
    (SELECT jsonb_agg(jsonb_build_object(
       'id', y.entry_id, 'date', {_day("y.paid_on")}, 'value', {_money("y.amount_fen")}, 'payee', {_SUPPLIER})
       ORDER BY y.paid_on, y.id)
     FROM contract_payment y WHERE y.contract_id = c.id AND y.reversed_on IS NULL)"""  # noqa: S608  # as above

_AMOUNT = "contract_amount(c.id)"
_LAST_DAY = """coalesce((SELECT a.ends_on FROM contract_amendment a WHERE a.contract_id = c.id
                         ORDER BY a.seq DESC LIMIT 1), c.ends_on)"""
_CEILING = "(SELECT sum(l.ceiling_fen) FROM tender_lot l WHERE l.tender_id = t.id)"

_PROCESS = f"""
    jsonb_build_object(
      'id', {_OCID},
      'summary', jsonb_build_object(
        'ocid', {_OCID},
        'externalReference', t.tender_no,
        'nature', CASE WHEN {_said("nature", "t.category")} IS NOT NULL
                  THEN jsonb_build_array({_said("nature", "t.category")}) END,
        'title', t.title,
        'status', CASE WHEN t.outcome IS NOT NULL THEN 'closed'
                       WHEN NOT EXISTS (SELECT {_CONTRACTS}) THEN 'pre-award'
                       WHEN p.state IN ('IMPLEMENTING', 'ADMITTED') THEN 'active' ELSE 'closed' END,
        'tender', jsonb_build_object(
          'procurementMethod', {_said("method", "t.method")},
          'procurementMethodDetails', {_said("method_details", "t.method")},
          'datePublished', {_day("t.posted_on")},
          'costEstimate', {_money(_CEILING)},
          'numberOfTenderers', (SELECT count(DISTINCT e.id) {_BIDDERS}),
          'tenderers', (SELECT jsonb_agg(DISTINCT {_SUPPLIER}) {_BIDDERS})),
        'suppliers', (SELECT jsonb_agg(DISTINCT {_SUPPLIER}) {_CONTRACTS}),
        'contractValue', (SELECT CASE WHEN count(*) > 0 THEN {_money("sum(c.amount_fen)")} END {_CONTRACTS}),
        'contractPeriod', (SELECT CASE WHEN count(*) > 0 THEN jsonb_build_object(
            'startDate', {_day("min(c.starts_on)")}, 'endDate', {_day("max(c.ends_on)")}) END {_CONTRACTS}),
        'modifications', (
          SELECT jsonb_agg(jsonb_build_object(
            'id', a.id, 'date', {_day("a.amended_on")}, 'rationale', a.reason, 'type', 'value',
            'newContractValue', {_money("a.amount_fen")},
            'newContractPeriod', jsonb_build_object(
              'startDate', {_day("c.starts_on")}, 'endDate', {_day("a.ends_on")})) ORDER BY c.id, a.seq)
          FROM tender_lot l JOIN award w ON w.lot_id = l.id JOIN contract c ON c.award_id = w.id
          JOIN contract_amendment a ON a.contract_id = c.id WHERE l.tender_id = t.id),
        'transactions', (
          SELECT jsonb_agg(x ORDER BY x ->> 'date', x ->> 'id')
          FROM (SELECT jsonb_array_elements({_TRANSACTIONS}) AS x {_CONTRACTS}) AS paid)))"""  # noqa: S608  # as above

_PROJECTS = f"""
    SELECT jsonb_strip_nulls(jsonb_build_object(
      'id', CAST(:oc4ids_prefix AS text) || '-' || p.county_code || '-' || p.project_no,
      'updated', to_char(s.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'language', 'zh',
      'identifiers', jsonb_build_array(jsonb_build_object('id', p.project_no, 'scheme', p.county_code)),
      'title', p.title,
      'description', p.content,
      'status', {_said("status", "p.state")},
      'period', jsonb_build_object('startDate', {_day("p.starts_on")}, 'endDate', {_day("p.ends_on")}),
      'sector', jsonb_build_array({_said("sector", "p.category")}),
      'type', {_said("type", "p.build_type")},
      'publicAuthority', jsonb_build_object('id', 'declaring', 'name', p.declaring_unit),
      'locations', (
        SELECT jsonb_agg(jsonb_build_object('id', code, 'gazetteer', jsonb_build_object(
          'scheme', 'GB/T 10114', 'identifiers', jsonb_build_array(code))) ORDER BY code)
        FROM (SELECT p.division_code AS code
              UNION SELECT v.division_code FROM project_village v WHERE v.project_id = p.id) AS place),
      'budget', (
        SELECT jsonb_build_object(
          'amount', {_money("sum(b.amount_fen)")},
          'budgetBreakdowns', jsonb_build_array(jsonb_build_object(
            'id', 'sources', 'description', '资金来源',
            'budgetBreakdown', jsonb_agg(jsonb_build_object(
              'id', b.source, 'description', CAST(:sources AS jsonb) ->> b.source,
              'amount', {_money("b.amount_fen")}) ORDER BY b.source))))
        FROM project_budget b WHERE b.project_id = p.id HAVING count(*) > 0),
      'forecasts', (
        SELECT jsonb_agg(jsonb_build_object('id', g.id, 'title', g.metric, 'observations', jsonb_build_array(
          jsonb_build_object('id', g.id, 'measure', trim_scale(g.target), 'unit', jsonb_build_object('name', g.unit))))
          ORDER BY g.metric)
        FROM performance_target g WHERE g.project_id = p.id),
      'parties', jsonb_build_array(
          jsonb_build_object('id', 'declaring', 'name', p.declaring_unit,
                             'roles', jsonb_build_array('publicAuthority')),
          jsonb_build_object('id', 'implementing', 'name', p.implementing_unit,
                             'roles', jsonb_build_array('procuringEntity', 'administrativeEntity')))
        || coalesce((
          SELECT jsonb_agg(jsonb_build_object(
            'id', e.uscc, 'name', e.name,
            'identifier', jsonb_build_object('scheme', 'CN-USCC', 'id', e.uscc, 'legalName', e.name),
            'roles', CASE WHEN found.won THEN jsonb_build_array('tenderer', 'supplier')
                     ELSE jsonb_build_array('tenderer') END) ORDER BY e.uscc)
          FROM (SELECT b.enterprise_id, bool_or(w.id IS NOT NULL) AS won
                FROM bid b LEFT JOIN award w ON w.bid_id = b.id
                WHERE b.project_id = p.id GROUP BY b.enterprise_id) AS found
          JOIN enterprise e ON e.id = found.enterprise_id), '[]'),
      'milestones', (
        SELECT jsonb_agg(jsonb_build_object(
          'id', m.id, 'title', {_said("milestone", "m.kind")}, 'type', {_said("milestone_type", "m.kind")},
          'dueDate', {_day("coalesce(m.planned_until, m.planned_on)")}, 'dateMet', {_day("m.actual_on")},
          'status', CASE WHEN m.actual_on IS NULL THEN 'scheduled' ELSE 'met' END) ORDER BY m.planned_on, m.id)
        FROM milestone m WHERE m.project_id = p.id),
      'contractingProcesses', (SELECT jsonb_agg({_PROCESS} ORDER BY t.id) FROM tender t WHERE t.project_id = p.id)
    ))::text
    FROM project p JOIN project_step s ON s.project_id = p.id AND s.seq = p.steps
    WHERE p.id = ANY(:ids) ORDER BY p.id
"""  # noqa: S608  # every part stands in this file

_RELEASES = f"""
    SELECT jsonb_strip_nulls(jsonb_build_object(
      'ocid', {_OCID},
      'id', t.tender_no || '-' || t.version || '-' || (
        SELECT count(*) FROM (
          SELECT b.id FROM bid b JOIN tender_lot l ON l.id = b.lot_id WHERE l.tender_id = t.id
          UNION ALL SELECT w.id FROM award w JOIN tender_lot l ON l.id = w.lot_id WHERE l.tender_id = t.id
          UNION ALL SELECT c.id {_CONTRACTS}
          UNION ALL SELECT a.id FROM contract_amendment a WHERE a.contract_id IN (SELECT c.id {_CONTRACTS})
          UNION ALL SELECT y.id FROM contract_payment y WHERE y.contract_id IN (SELECT c.id {_CONTRACTS})) AS event),
      'date', {_day("CAST(:on AS date)")},
      'tag', jsonb_build_array('planning', 'tender')
        || CASE WHEN EXISTS (SELECT FROM award w JOIN tender_lot l ON l.id = w.lot_id WHERE l.tender_id = t.id)
           THEN '["award"]'::jsonb ELSE '[]' END
        || CASE WHEN EXISTS (SELECT {_CONTRACTS}) THEN '["contract"]'::jsonb ELSE '[]' END
        || CASE WHEN EXISTS (SELECT FROM contract_payment y WHERE y.reversed_on IS NULL
                             AND y.contract_id IN (SELECT c.id {_CONTRACTS}))
           THEN '["implementation"]'::jsonb ELSE '[]' END,
      'initiationType', 'tender',
      'language', 'zh',
      'buyer', jsonb_build_object('id', 'declaring', 'name', p.declaring_unit),
      'parties', jsonb_build_array(
          jsonb_build_object('id', 'declaring', 'name', p.declaring_unit, 'roles', jsonb_build_array('buyer')),
          jsonb_build_object('id', 'implementing', 'name', p.implementing_unit,
                             'roles', jsonb_build_array('procuringEntity')))
        || coalesce((
          SELECT jsonb_agg(jsonb_build_object(
            'id', e.uscc, 'name', e.name,
            'identifier', jsonb_build_object('scheme', 'CN-USCC', 'id', e.uscc, 'legalName', e.name),
            'roles', CASE WHEN found.won THEN jsonb_build_array('tenderer', 'supplier')
                     ELSE jsonb_build_array('tenderer') END) ORDER BY e.uscc)
          FROM (SELECT b.enterprise_id, bool_or(w.id IS NOT NULL) AS won
                FROM tender_lot l JOIN bid b ON b.lot_id = l.id LEFT JOIN award w ON w.bid_id = b.id
                WHERE l.tender_id = t.id GROUP BY b.enterprise_id) AS found
          JOIN enterprise e ON e.id = found.enterprise_id), '[]'),
      'planning', jsonb_build_object('budget', jsonb_build_object(
        'project', p.title, 'projectID', CAST(:oc4ids_prefix AS text) || '-' || p.county_code || '-' || p.project_no,
        'amount', (SELECT {_money("sum(b.amount_fen)")} FROM project_budget b
                   WHERE b.project_id = p.id HAVING count(*) > 0))),
      'tender', jsonb_build_object(
        'id', t.tender_no, 'title', t.title, 'status', {_TENDER_STATE},
        'procuringEntity', jsonb_build_object('id', 'implementing', 'name', p.implementing_unit),
        'value', {_money(_CEILING)},
        'procurementMethod', {_said("method", "t.method")},
        'procurementMethodDetails', {_said("method_details", "t.method")},
        'mainProcurementCategory', {_said("procurement", "t.category")},
        'tenderPeriod', jsonb_build_object('startDate', {_day("t.posted_on")}, 'endDate', {_day("t.opens_until")}),
        'numberOfTenderers', (SELECT count(DISTINCT e.id) {_BIDDERS}),
        'tenderers', (SELECT jsonb_agg(DISTINCT {_SUPPLIER}) {_BIDDERS}),
        'lots', (SELECT jsonb_agg(jsonb_build_object(
                   'id', l.lot_no::text, 'title', l.title, 'value', {_money("l.ceiling_fen")}) ORDER BY l.lot_no)
                 FROM tender_lot l WHERE l.tender_id = t.id)),
      'bids', jsonb_build_object('details', (
        SELECT jsonb_agg(jsonb_build_object(
          'id', b.id, 'date', {_day("b.opened_on")}, 'status', 'valid', 'value', {_money("b.amount_fen")},
          'tenderers', jsonb_build_array({_SUPPLIER}), 'relatedLots', jsonb_build_array(l.lot_no::text)) ORDER BY b.id)
        {_BIDDERS})),
      'awards', (
        SELECT jsonb_agg(jsonb_build_object(
          'id', w.id, 'status', 'active', 'date', {_day("w.awarded_on")}, 'value', {_money("b.amount_fen")},
          'suppliers', jsonb_build_array({_SUPPLIER}), 'relatedLots', jsonb_build_array(l.lot_no::text)) ORDER BY w.id)
        FROM tender_lot l JOIN award w ON w.lot_id = l.id JOIN bid b ON b.id = w.bid_id
        JOIN enterprise e ON e.id = b.enterprise_id WHERE l.tender_id = t.id),
      'contracts', (
        SELECT jsonb_agg(jsonb_build_object(
          'id', c.contract_no, 'awardID', w.id,
          'status', CASE WHEN p.state IN ('IMPLEMENTING', 'ADMITTED') THEN 'active' ELSE 'terminated' END,
          'period', jsonb_build_object('startDate', {_day("c.starts_on")}, 'endDate', {_day(_LAST_DAY)}),
          'value', {_money(_AMOUNT)}, 'dateSigned', {_day("c.signed_on")},
          'amendments', (
            SELECT jsonb_agg(jsonb_build_object(
              'id', a.id, 'date', {_day("a.amended_on")}, 'rationale', a.reason, 'description', a.document_ref)
              ORDER BY a.seq) FROM contract_amendment a WHERE a.contract_id = c.id),
          'implementation', CASE WHEN {_TRANSACTIONS} IS NOT NULL
                            THEN jsonb_build_object('transactions', {_TRANSACTIONS}) END) ORDER BY c.id)
        {_CONTRACTS})
    ))::text
    FROM tender t JOIN project p ON p.id = t.project_id
    WHERE t.id = ANY(:ids) ORDER BY t.id
"""  # noqa: S608  # every part stands in this file

PROJECTS, RELEASES = text(_PROJECTS), text(_RELEASES)
_WORDS = {
    "words": json.dumps(words(), ensure_ascii=False),
    "sources": json.dumps({source: source.zh for source in FundingSource}, ensure_ascii=False),
}


async def documents(
    db: AsyncSession, found: Select[Any], statement: TextClause, given: dict[str, Any]
) -> AsyncIterator[Sequence[str]]:
    """One JSON text for each row that is found, in the order of their ids, a page at a time."""
    each = found.subquery("found")
    after: UUID | None = None
    used = {name for name in statement._bindparams if name != "ids"}
    while True:
        page = rows(each.c.id).order_by(each.c.id).limit(PAGE)
        if after is not None:
            page = page.where(each.c.id > after)
        ids = list((await db.execute(page)).scalars())
        if not ids:
            return
        values = {name: value for name, value in (_WORDS | given).items() if name in used}
        yield list((await db.execute(statement, values | {"ids": ids})).scalars())
        after = ids[-1]
