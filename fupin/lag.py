"""What waits in a service: jobs, outbox, operations, audit without a seal. For `fupin status` and `/metrics`."""

from collections.abc import Mapping, Sequence
from typing import Any

JOBS = """
    SELECT task_name AS task, status::text AS state, count(*) AS number,
           coalesce(extract(epoch FROM now() - min(e.at)), 0)::float AS oldest_seconds
    FROM procrastinate_jobs j
    CROSS JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id) e
    WHERE status IN ('todo', 'doing', 'failed') AND task_name <> 'housekeeping'
    GROUP BY 1, 2 ORDER BY 1, 2"""
OPERATIONS = """
    SELECT state, count(*) AS number FROM operation WHERE state IN ('QUEUED', 'RUNNING') GROUP BY 1 ORDER BY 1"""
UNSEALED = """
    SELECT count(*) AS entries, coalesce(extract(epoch FROM now() - min(at)), 0)::float AS oldest_seconds
    FROM audit WHERE xid >= coalesce((SELECT upto FROM audit_seal ORDER BY id DESC LIMIT 1), '0'::xid8)"""

STATES = {"todo": "waiting", "doing": "running", "failed": "failed"}  # procrastinate's words, and ours


def jobs(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `JOBS`; the task that delivers to other services is the outbox."""
    return [
        {
            "task": "outbox" if row["task"] == "deliver" else row["task"],
            "state": STATES[row["state"]],
            "number": row["number"],
            "oldest_seconds": round(row["oldest_seconds"], 1),
        }
        for row in rows
    ]
