"""
Runs the migrations of ONE service: the ini section chosen with `alembic -n <service>`.

`fupin migrate` hands over an open connection that acts as the schema's owner and holds the migration lock.
By hand (`alembic -n funds revision --autogenerate`) the service's URL comes from the settings.
"""

from importlib import import_module
from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from fupin.settings import Settings

service = context.config.config_ini_section
metadata = import_module(f"services.{service}.models").Table.metadata


def only_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Autogenerate sees this service's schema, and in it not the tables of the job queue."""
    if kind == "schema":
        return name == service
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run(connection: Connection) -> None:
    options: dict[str, Any] = {
        "target_metadata": metadata,
        "include_schemas": True,
        "include_name": only_ours,
        "version_table_schema": service,
        "compare_server_default": True,
    }
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    source = context.config.attributes.get("url") or Settings().service_database_url(service)
    with create_engine(source, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"fupin.{service}"})
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        run(connection)
