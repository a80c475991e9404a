"""What one running service holds: pool, keys, clock, peers, job queue. Reached as `app.state.runtime`."""

import asyncio
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, Self, cast

import httpx
import procrastinate
import structlog
from sqlalchemy import text

from fupin import audit, auth, chores, context, idempotency, operations, outbox, tracing
from fupin.auth import Principal, Verifier
from fupin.clock import Clock
from fupin.crypto import FileVault, Vault
from fupin.db import begun, engine, readers, sessions, writers
from fupin.jwks import IssuerKeys
from fupin.limits import Bucket
from fupin.paging import Cursors
from fupin.remote import ClientCredentials, Peer, Unanswered
from fupin.settings import SERVICES, Service, Settings
from fupin.urls import libpq

log = structlog.get_logger()


class Runtime:
    """
    Arguments beyond service and settings are for tests: a verifier with known keys, and transports that reach
    the other services in process.
    """

    def __init__(
        self,
        service: str,
        settings: Settings,
        *,
        verifier: Verifier | None = None,
        transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self.service = service
        self.settings = settings
        self.clock = Clock(settings.today)
        self.cursor_key = settings.secret("cursor")
        self.cursors = Cursors(self.cursor_key)
        self.draining = False
        self.verifier = verifier or Verifier(settings.issuer_url, settings.audience, IssuerKeys(settings.issuer_url))
        transports = transports or {}
        self.credentials = ClientCredentials(settings, settings.client_id or service, transports.get("portal"))
        self._peers = {
            name: Peer(name, settings, credentials=self.credentials, transport=transports.get(name))
            for name in SERVICES
            if name != service
        }
        self._buckets: dict[str, Bucket] = {}
        self._stack = AsyncExitStack()
        self.has_database = service in SERVICES
        if self.has_database:
            self.vault: Vault = FileVault(settings.home / "secrets" / "pii-keys")
            self.engine = engine(settings, service)
            self.sessions = sessions(self.engine)
            self.readers = readers(settings, service)
            self.writers = writers(settings, service)
            self.jobs = self._queue()

    def peer(self, service: str) -> Peer:
        """Another service, over HTTP."""
        return self._peers[cast(Service, service)]

    def bucket(self, name: str, rate: float, burst: int) -> Bucket:
        """What limits how often one caller may do this; made on first use."""
        return self._buckets.setdefault(name, Bucket(rate, burst))

    async def __aenter__(self) -> Self:
        if self.has_database:
            await self._stack.enter_async_context(self.jobs.open_async())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        for peer in self._peers.values():
            await peer.aclose()
        await self.credentials.aclose()
        await self.verifier.aclose()
        if self.has_database:
            await self.readers.aclose()
            await self.writers.aclose()
            await self.engine.dispose()

    async def work(self) -> None:
        """Run the service's jobs until cancelled; comes back after the database was away."""
        while not self.draining:  # a worker that is cancelled while the database is away ends as if it had failed
            try:
                await self.jobs.run_worker_async(
                    install_signal_handlers=False, concurrency=2, fetch_job_polling_interval=2,
                    shutdown_graceful_timeout=5, delete_jobs="successful", wait=True,
                    worker_middleware=[tracing.job] if tracing.wanted() else [],
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001  # the worker must come back, whatever ended it
                log.warning("job worker stopped", error=type(error).__name__)
            await asyncio.sleep(2)

    async def drain(self) -> None:
        """Run what is queued now, and no more."""
        await self.jobs.run_worker_async(install_signal_handlers=False, listen_notify=False, wait=False)

    @contextmanager
    def acting(self, who: Principal) -> Iterator[None]:
        """Calls to other services made inside carry this principal."""
        token = auth.current.set(who)
        try:
            yield
        finally:
            auth.current.reset(token)

    @staticmethod
    def frames(error: BaseException) -> list[str]:
        """Where an error came from, without what it said: its words may hold a person's data."""
        return [
            f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno} {f.name}"
            for f in traceback.extract_tb(error.__traceback__)[-8:]
        ]

    def _queue(self) -> procrastinate.App:
        jobs = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=libpq(self.engine.url), kwargs={"application_name": f"fupin-{self.service}-jobs"},
                min_size=1, max_size=4, timeout=5),
        )  # fmt: skip

        @jobs.task(name=operations.TASK, retry=procrastinate.RetryStrategy(max_attempts=50, wait=2))
        async def operation(operation_id: str, principal: dict[str, Any], traceparent: str | None = None) -> None:
            context.traceparent.set(traceparent)
            await operations.run(self, operation_id, principal)

        @jobs.task(name=outbox.TASK, retry=procrastinate.RetryStrategy(
            max_attempts=5000, linear_wait=2, retry_exceptions={Unanswered}))  # fmt: skip
        async def deliver(traceparent: str | None = None, **message: Any) -> None:
            context.traceparent.set(traceparent)
            await outbox.deliver(self, **message)

        @jobs.periodic(cron="* * * * *")
        @jobs.task(name="housekeeping", queueing_lock="housekeeping")
        async def housekeeping(timestamp: int) -> None:  # noqa: ARG001  # procrastinate says when it was due
            await self.keep_house()

        return jobs

    async def keep_house(self) -> None:
        """Seal the audit, forget old idempotency records, run again what a dead worker left, tidy the service."""
        async with begun(self) as db:
            await audit.seal(db)
            await db.execute(idempotency.FORGET, {"days": self.settings.idempotency_days})
        for job in await self.jobs.job_manager.get_stalled_jobs():
            with suppress(procrastinate.exceptions.ConnectorException):
                await self.jobs.job_manager.retry_job(job)
        for tidy in chores.of(self.service):
            await tidy(self)

    async def ready(self) -> str | None:
        """None when requests can be answered, else what is missing."""
        if self.draining:
            return "draining"
        if not self.has_database:
            return None
        try:
            async with asyncio.timeout(2), begun(self) as db:
                at = set((await db.execute(text("SELECT version_num FROM alembic_version"))).scalars())
        except Exception:  # noqa: BLE001  # any failure to ask means the same: not ready
            return "database"
        from fupin.migrate import head  # reads the migrations on disk

        return None if at == {head(self.service)} else "migrations"
