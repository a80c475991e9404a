"""What happened to one household, newest first, from all that is kept of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from services.registry.queries.histories import ASSIGNMENTS, ASSISTANCE, CHECKS, INCOMES, MEMBERS, PATHWAYS

# Of the versions of one row those that hold as known at the moment, each with the one before.
_VERSIONS = """
    SELECT v.id, v.valid_from, v.recorded_at, v.actor, to_jsonb(v) AS image,
           lag(to_jsonb(v)) OVER (PARTITION BY v.id ORDER BY v.valid_from) AS before
    FROM {table}_version v
    WHERE v.{key} = %(id)s AND NOT v.gone AND v.recorded_at <= %(known_at)s AND NOT EXISTS (
        SELECT FROM {table}_version w WHERE w.id = v.id AND w.seq > v.seq AND w.valid_from <= v.valid_from
           AND w.recorded_at <= %(known_at)s)
"""

# What changed, before and after; of sealed columns only that they changed. What has entries of its own stands there.
_CHANGES = """
    SELECT jsonb_object_agg(
        CASE WHEN e.key LIKE '%%\\_enc' THEN left(e.key, -4) ELSE e.key END,
        CASE WHEN e.key LIKE '%%\\_enc' OR e.key = 'birth_date' THEN '"changed"'::jsonb
             ELSE jsonb_build_array(v.before -> e.key, e.value) END) AS fields
    FROM jsonb_each(v.image) e
    WHERE v.before -> e.key IS DISTINCT FROM e.value AND e.key NOT LIKE '%%\\_index' AND e.key NOT LIKE '%%\\_mask'
      AND e.key <> ALL ('{version,source_hash,county_code,created_at,status,status_on,status_reason,identified_on,
                          exited_on,joined_on,left_on,died_on,household_id,seq,valid_from,recorded_at,actor,gone}'::text[])
"""

# Who belongs to it, and who once did: as they were last in it.
_BELONGED = "".join(
    ["SELECT m.id, m.name, m.relation, m.created_at, m.joined_on, m.left_on, m.died_on FROM ", MEMBERS, """ m
    WHERE m.household_id = %(id)s
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (v.id) v.id, v.name, v.relation, v.created_at, v.joined_on, v.left_on, v.died_on
        FROM member_version v
        WHERE v.household_id = %(id)s AND NOT v.gone AND v.recorded_at <= %(known_at)s
          AND NOT EXISTS (SELECT FROM """, MEMBERS, """ m WHERE m.id = v.id AND m.household_id = %(id)s)
        ORDER BY v.id, v.seq DESC) gone"""]
)  # fmt: skip

_HOUSEHOLD = _VERSIONS.format(table="household", key="id")
_MEMBER = _VERSIONS.format(table="member", key="household_id")

ENTRIES = "".join(
    ["""
    WITH entry AS (
        SELECT (h.created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, h.created_at AS recorded_at,
               'REGISTERED' AS kind, '' AS ref, jsonb_build_object('household_no', h.household_no) AS detail,
               NULL AS actor
        FROM household h WHERE h.id = %(id)s
        UNION ALL
        SELECT s.happened_on, s.recorded_at, 'STATUS', to_char(s.seq, '00000'),
               jsonb_build_object('from', s.from_status, 'to', s.to_status, 'reason', s.reason), s.actor
        FROM household_status s WHERE s.household_id = %(id)s
        UNION ALL
        SELECT v.valid_from, v.recorded_at,
               CASE WHEN d.fields ? 'division_code' THEN 'MOVED' ELSE 'HOUSEHOLD_CHANGED' END, '',
               jsonb_build_object('fields', d.fields), v.actor
        FROM (""", _HOUSEHOLD, ") v CROSS JOIN LATERAL (", _CHANGES, """) d
        WHERE v.before IS NOT NULL AND d.fields IS NOT NULL
        UNION ALL
        SELECT v.valid_from, v.recorded_at, 'MEMBER_CHANGED', v.id::text,
               jsonb_build_object('member_id', v.id, 'name', v.image -> 'name', 'fields', d.fields - 'division_code'),
               v.actor
        FROM (""", _MEMBER, ") v CROSS JOIN LATERAL (", _CHANGES, """) d
        WHERE v.before IS NOT NULL AND d.fields - 'division_code' <> '{}'
        UNION ALL
        SELECT x.day, m.created_at, x.kind, m.id::text,
               jsonb_build_object('member_id', m.id, 'name', m.name, 'relation', m.relation), NULL
        FROM (""", _BELONGED, """) m CROSS JOIN LATERAL (VALUES
            (m.joined_on, 'MEMBER_JOINED'), (m.left_on, 'MEMBER_LEFT'), (m.died_on, 'MEMBER_DIED')) x (day, kind)
        WHERE x.day IS NOT NULL
        UNION ALL
        SELECT v.valid_from, v.recorded_at, CASE WHEN v.gone THEN 'MEMBER_MOVED_OUT' ELSE 'MEMBER_MOVED_IN' END,
               v.id::text,
               jsonb_build_object('member_id', v.id, 'name', v.name, 'household_id', o.household_id), v.actor
        FROM member_version v
        LEFT JOIN member_version o ON o.id = v.id AND o.seq = v.seq + CASE WHEN v.gone THEN 1 ELSE -1 END
        WHERE v.household_id = %(id)s AND coalesce(o.household_id <> v.household_id, v.gone) AND (v.gone OR o.gone)
          AND NOT EXISTS (
            SELECT FROM member_version w WHERE w.id = v.id AND w.household_id = v.household_id AND w.gone = v.gone
               AND w.seq > v.seq AND w.valid_from <= v.valid_from AND w.recorded_at <= %(known_at)s)
        UNION ALL
        SELECT l.on_date, l.recorded_at, l.kind, l.change_request_id::text,
               jsonb_build_object('household_id', o.id, 'household_no', o.household_no,
                                  'from_here', l.household_id = %(id)s), NULL
        FROM household_lineage l
        LEFT JOIN household o
          ON o.id <> %(id)s AND o.id IN (l.household_id, l.other_household_id)
        WHERE %(id)s IN (l.household_id, l.other_household_id)
        UNION ALL
        SELECT x.day, a.created_at, x.kind, a.id::text,
               jsonb_build_object('name', p.name, 'department', p.department, 'level', a.level), NULL
        FROM """, ASSIGNMENTS, """ a JOIN helper p ON p.id = a.helper_id
        CROSS JOIN LATERAL (VALUES (a.from_on, 'HELPER_BEGAN'), (a.to_on, 'HELPER_ENDED')) x (day, kind)
        WHERE a.household_id = %(id)s AND x.day <= %(as_of)s
        UNION ALL
        SELECT x.day, w.created_at, x.kind, w.id::text,
               jsonb_build_object('pathway', w.pathway, 'zh', p.zh, 'en', p.en,
                                  'expected_income_fen', w.expected_income_fen), NULL
        FROM """, PATHWAYS, """ w JOIN pathway p ON p.code = w.pathway
        CROSS JOIN LATERAL (VALUES (w.from_on, 'PATHWAY_BEGAN'), (w.to_on, 'PATHWAY_ENDED')) x (day, kind)
        WHERE w.household_id = %(id)s AND x.day <= %(as_of)s
        UNION ALL
        SELECT g.checked_on, g.created_at, 'GUARANTEE', g.id::text,
               jsonb_build_object('year', g.year, 'item', g.item, 'result', g.result), NULL
        FROM """, CHECKS, """ g WHERE g.household_id = %(id)s
        UNION ALL
        SELECT a.given_on, a.created_at, 'ASSISTANCE', a.id::text,
               jsonb_build_object('kind', a.kind, 'given_by', a.given_by, 'amount_fen', a.amount_fen), a.recorded_by
        FROM """, ASSISTANCE, """ a WHERE a.household_id = %(id)s
        UNION ALL
        SELECT s.happened_on, s.recorded_at, 'PROCEDURE', s.procedure_id || to_char(s.seq, '00000'),
               jsonb_build_object('procedure_id', s.procedure_id, 'procedure', s.kind, 'step', s.step,
                                  'outcome', s.outcome, 'state', s.state), s.actor
        FROM procedure p JOIN procedure_step s ON s.procedure_id = p.id WHERE p.household_id = %(id)s
        UNION ALL
        SELECT least(make_date(i.year, 12, 31), %(as_of)s), i.created_at, 'INCOME', i.year::text,
               jsonb_build_object('year', i.year, 'persons', i.persons, 'net_fen', i.net_fen,
                                  'per_head_fen', i.per_head_fen), NULL
        FROM """, INCOMES, """ i WHERE i.household_id = %(id)s
    )
    SELECT day, recorded_at, kind, coalesce(ref, '') AS ref, detail, nullif(actor, '') AS actor
    FROM entry
    WHERE recorded_at <= %(known_at)s
      AND (%(after_day)s::date IS NULL OR
           (day, recorded_at, kind, coalesce(ref, ''))
           < (%(after_day)s, %(after_at)s::timestamptz, %(after_kind)s::text, %(after_ref)s::text))
    ORDER BY day DESC, recorded_at DESC, kind DESC, ref DESC
    LIMIT %(limit)s
"""]
)  # fmt: skip

Key = tuple[date, datetime, str, str]


async def entries(
    connection: psycopg.AsyncConnection[Any], id: UUID, today: date, known_at: datetime, after: Key | None, limit: int
) -> list[dict[str, Any]]:
    """The entries that follow a key, newest first."""
    day, at, kind, ref = after or (None, None, None, None)
    params = {
        "id": id, "as_of": today, "known_at": known_at, "after_day": day, "after_at": at, "after_kind": kind,
        "after_ref": ref, "limit": limit,
    }  # fmt: skip
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(ENTRIES, params)
        return await cursor.fetchall()


def key(row: dict[str, Any]) -> Key:
    return row["day"], row["recorded_at"], row["kind"], row["ref"]
