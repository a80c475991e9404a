"""The services on databases of a test's own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from fupin import issuer
from fupin.auth import Verifier
from fupin.runtime import Runtime
from fupin.settings import SERVICES, Settings
from fupin.supervisor.databases import Databases
from tests.conftest import Api, InProcess


@asynccontextmanager
async def running(config: Settings, apps: Mapping[str, FastAPI], verifier: Verifier) -> AsyncIterator[dict[str, Api]]:
    """All five; the four each with their own login at the database that the settings give it, reaching each other."""
    databases, transports = Databases(config), {name: InProcess(app) for name, app in apps.items()}
    async with AsyncExitStack() as stack:
        found = {}
        for name in (*SERVICES, "portal"):
            own = {"client_id": name, "client_secret": issuer.client_secret(config, name)}
            if name in SERVICES:
                own[f"{name}_database_url"] = databases.login(name)
            settings = config.model_copy(update=own)
            runtime = Runtime(name, settings, verifier=verifier, transports=transports)
            apps[name].state.runtime = await stack.enter_async_context(runtime)
            found[name] = Api(apps[name], settings, "", issuer.mint(settings, "county-admin"))
        yield found
