"""Every named statement is one that PostgreSQL understands."""

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import psycopg as dialect

from services.funds import queries
from tests.conftest import Api


async def test_every_named_query_prepares(funds: Api) -> None:
    named = {
        f"{module.name}.{name}": statement
        for module in iter_modules(queries.__path__)
        for name, statement in vars(import_module(f"services.funds.queries.{module.name}")).items()
        if isinstance(statement, TextClause)
    }
    assert len(named) > 20
    for name, statement in named.items():
        compiled = statement.compile(dialect=dialect.dialect(paramstyle="numeric_dollar"))
        await funds.sql(f"PREPARE q AS {compiled}"), name
