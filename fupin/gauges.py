"""The gauges among a service's metrics: what waits, what runs, how full the pool is. Read when somebody asks."""

import asyncio
import time
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

from fupin import lag
from fupin.db import begun

FRESH = 5.0  # seconds: /metrics is open to whoever reaches the service, and must not become work for the database


class Gauges:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.database = Gauge("fupin_database_up", "Whether the database answered.", registry=registry)
        self.pool = Gauge("fupin_pool_connections", "Connections of the pool.", ["state"], registry=registry)
        self.jobs = Gauge(
            "fupin_jobs", "Background jobs; the outbox is one task.", ["task", "state"], registry=registry
        )
        self.oldest = Gauge("fupin_oldest_job_seconds", "Age of the oldest waiting job.", ["task"], registry=registry)
        self.operations = Gauge("fupin_operations", "Long operations.", ["state"], registry=registry)
        self.unsealed = Gauge(
            "fupin_unsealed_audit_seconds", "Age of the oldest audit entry without a seal.", registry=registry
        )
        self._read = -FRESH
        self._reading = asyncio.Lock()

    async def read(self, runtime: Any) -> None:
        """Bring the gauges up to date; without a database they say so, and what they said before stays out."""
        if not runtime.has_database:
            return
        async with self._reading:
            if time.monotonic() - self._read < FRESH:
                return
            pool = runtime.engine.pool
            self.pool.labels("used").set(pool.checkedout())
            self.pool.labels("idle").set(pool.checkedin())
            self.pool.labels("most").set(pool.size())
            for gauge in (self.jobs, self.oldest, self.operations):
                gauge.clear()
            try:
                async with asyncio.timeout(2), begun(runtime) as db:
                    division = {"division": runtime.settings.division}
                    await db.execute(text("SELECT set_config('fupin.division', :division, true)"), division)
                    jobs = (await db.execute(text(lag.JOBS))).mappings().all()
                    operations = (await db.execute(text(lag.OPERATIONS))).mappings().all()
                    unsealed = (await db.execute(text(lag.UNSEALED))).mappings().one()
            except Exception:  # noqa: BLE001  # any failure to ask means the same: it does not answer
                self.database.set(0)
                return
            self.database.set(1)
            for job in lag.jobs([dict(row) for row in jobs]):
                self.jobs.labels(job["task"], job["state"]).set(job["number"])
                if job["state"] == "waiting":
                    self.oldest.labels(job["task"]).set(job["oldest_seconds"])
            for row in operations:
                self.operations.labels(row["state"]).set(row["number"])
            self.unsealed.set(unsealed["oldest_seconds"])
            self._read = time.monotonic()
