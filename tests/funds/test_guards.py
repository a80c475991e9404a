"""What a hostile holder of the service's own login tries against the journal, and what PostgreSQL answers."""

import psycopg
import pytest

from services.funds.rules import evidence
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, donate, refuses, seal

LEDGER = ("account", "balance", "journal", "posting", "hold", "hold_release", "seal")

ATTACKS = [
    *(f"DELETE FROM {table}" for table in LEDGER),
    *(f"TRUNCATE {table} CASCADE" for table in LEDGER),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in LEDGER),
    *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in LEDGER),
    *(f"INSERT INTO {table} SELECT * FROM {table}" for table in LEDGER),
    "UPDATE account SET code = 'mine'",
    "UPDATE balance SET net_fen = 1000000",
    "UPDATE balance SET min_fen = -1000000",
    "UPDATE journal SET memo = 'nothing happened'",
    "UPDATE journal SET xid = '1'::xid8",
    "UPDATE posting SET amount_fen = 1",
    "UPDATE seal SET hash = ''::bytea",
    "MERGE INTO balance b USING account a ON a.id = b.account_id WHEN MATCHED THEN UPDATE SET net_fen = 7",
    (
        "INSERT INTO journal (county_code, idem_key, request_hash, n_lines, effective_on, source)"
        " VALUES ('230882', 'x', '', 1, '2018-01-01', 'TRANSFER')"
    ),
    (
        "INSERT INTO journal (county_code, idem_key, request_hash, n_lines, effective_on, source, xid)"
        " VALUES ('230882', 'x', '', 1, '2018-01-01', 'TRANSFER', '1')"
    ),
    "COPY posting FROM STDIN",
    "DROP TABLE posting CASCADE",
    "DROP TRIGGER append_only ON posting",
    "DROP FUNCTION post",
    "CREATE OR REPLACE FUNCTION funds.refuse_hand() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'",
    "CREATE TRIGGER mine BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION refuse_hand()",
    "CREATE TABLE funds.mine (id int)",
    "CREATE POLICY mine ON journal USING (true)",
    "ALTER TABLE balance DROP CONSTRAINT ck_balance_overdraft",
    "ALTER TABLE balance OWNER TO fupin_funds",
    "SET ROLE fupin_funds_owner",
    "SET SESSION AUTHORIZATION fupin_funds_owner",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "GRANT fupin_funds_owner TO fupin_funds",
    "GRANT UPDATE ON balance TO fupin_funds; UPDATE balance SET net_fen = 7",
    "SELECT limit_broken(0, 0)",
    "SELECT setval('account_id_seq', 1)",
    "SELECT post('230882', 'f', 1, 2, 1, current_date + 2, NULL, 'TRANSFER')",
    "SELECT post('230882', 'p', 1, 2, 1, DATE '1989-12-31', NULL, 'TRANSFER')",
    "SELECT post('230882', 'o', 2, 1, 10000000, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post('230882', 'n', 1, 2, -5, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post('230882', 'z', 1, 2, 0, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post('230882', 'b', 1, 2, 9223372036854775807, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post('230882', 's', 1, 1, 5, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post('230883', 'c', 1, 2, 5, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post('230882', 'u', 1, 4711, 5, DATE '2018-06-01', NULL, 'TRANSFER')",
    "SELECT post_batch('230882', '{m}', '{2018-06-01}', '{x}', '{}', '{}', '{}', '{}', 'TRANSFER')",
    "SELECT post_batch('230882', '{m}', '{2018-06-01}', '{x}', '{1,2}', '{1,1}', '{2,2}', '{5,5}', 'TRANSFER')",
    "SELECT post_batch('230882', '{m}', '{2018-06-01}', '{x}', '{1,1}', '{1,2}', '{2,1}', '{5,10000000}', 'TRANSFER')",
    (
        "SELECT post_batch('230882', '{m}', '{2018-06-01}', '{x}', array_fill(1, '{100001}'), array_fill(1::bigint,"
        " '{100001}'), array_fill(2::bigint, '{100001}'), array_fill(1::bigint, '{100001}'), 'TRANSFER')"
    ),
    "SELECT open_account('230883', '230883000000', 'bank', 'x', 'ASSET', false, 0, NULL)",
    "SELECT release_funds(id, 'x', amount_fen + 1) FROM hold",
    "DELETE FROM audit",
    "INSERT INTO audit (actor, division, request_id, action, kind, object_id) VALUES ('a', 'b', 'c', 'd', 'e', 'f')",
    (
        "INSERT INTO step (county_code, division_code, thing, thing_id, to_state)"
        " VALUES ('230882', '230882000000', 'LOAN', uuidv7(), 'APPROVED')"
    ),
    "SELECT * FROM registry.household",
    "SELECT * FROM projects.project",
    "INSERT INTO registry.audit DEFAULT VALUES",
    "SELECT pg_read_file('/etc/hostname')",
]


async def test_the_journal_cannot_be_changed_with_the_services_login(maker: Api) -> None:
    await appropriate(maker, 1_000)
    await donate(maker, 500)
    await seal(maker)
    (account,) = await maker.sql("SELECT id FROM account WHERE code = 'shared'")
    await maker.sql("SELECT hold_funds('230882', 'h', %s, 100, 'DISTRIBUTION', uuidv7())", account[0])
    look = """
        SELECT (SELECT count(*) FROM journal), (SELECT sum(amount_fen) FROM posting), (SELECT sum(net_fen) FROM balance)
    """
    before = await maker.sql(look)

    for attack in ATTACKS:
        assert await refuses(maker.sql(attack)), attack

    assert await maker.sql(look) == before
    assert await all_sound(maker)


async def test_not_even_a_superusers_plain_statements_change_the_journal(maker: Api) -> None:
    await appropriate(maker, 1_000)
    await seal(maker)

    for attack in (
        "UPDATE funds.posting SET amount_fen = 1",
        "SET session_replication_role = replica; UPDATE funds.posting SET amount_fen = 1",
        "SET session_replication_role = replica; UPDATE funds.balance SET net_fen = 1",
        "DELETE FROM funds.journal",
        "TRUNCATE funds.seal",
        "UPDATE funds.balance SET net_fen = 1",
        "DELETE FROM funds.balance",
        "INSERT INTO funds.posting SELECT journal_id, 2, county_code, debit, credit, 1, 9, 9, 9, 9 FROM funds.posting",
    ):
        assert await refuses(maker.admin_sql(attack)), attack

    assert await all_sound(maker)


async def test_what_the_owner_writes_by_hand_is_refused_or_found_out(maker: Api) -> None:
    await appropriate(maker, 1_000)
    become = "SET ROLE fupin_funds_owner; SET fupin.division = '230882'; SET search_path = funds;"
    two = """INSERT INTO journal (county_code, idem_key, request_hash, n_lines, effective_on, source)
             VALUES ('230882', 'two', '', 2, '2018-01-01', 'TRANSFER') RETURNING id"""
    line = "INSERT INTO posting SELECT %s, %s, county_code, debit, credit, 1, %s, 9, %s, 9 FROM posting LIMIT 1"
    of_two = f"WITH j AS ({two}) {line}"

    for attack in (
        two,  # without its lines
        of_two % ("(SELECT id FROM j)", 1, 9, 9),  # without its last line
        "UPDATE balance SET pending_fen = -1",
        "UPDATE balance SET min_fen = -4000000000000000001",
        "UPDATE balance SET side = 0",
    ):
        assert await refuses(maker.admin_sql(f"{become} {attack}")), attack
    assert await all_sound(maker)

    for wrong, planted in enumerate(
        (
            line % ("journal_id", 2, 9, 9),  # one more than the journal says
            line % ("uuidv7()", 1, 10, 10),  # of no journal
            of_two % ("(SELECT id FROM j)", 2, 11, 11),  # the last without the first
        ),
        start=1,
    ):
        await maker.admin_sql(f"{become} {planted}")
        found = (await maker.get("/v1/ledger/verification")).json()
        assert (found["sound"], len(found["unsound_journals"])) == (False, wrong)
    # An auditor sees it from the export as well.
    export = evidence.verify((await maker.get("/v1/ledger/export")).text.splitlines())
    assert [what for what in export.wrong if "missing or doubled" in what and "journal" in what] != []
    assert [what for what in export.wrong if what.endswith("no such journal")] != []


async def test_whoever_takes_the_triggers_away_is_found_out(maker: Api) -> None:
    await appropriate(maker, 1_000)
    await seal(maker)

    await maker.admin_sql("ALTER TABLE funds.journal DISABLE TRIGGER append_only")
    await maker.admin_sql("UPDATE funds.journal SET memo = 'something else'")
    await maker.admin_sql("ALTER TABLE funds.posting DISABLE TRIGGER append_only")
    await maker.admin_sql("UPDATE funds.posting SET amount_fen = 999")

    found = (await maker.get("/v1/ledger/verification")).json()
    assert not found["sound"]
    assert (found["unsound_accounts"], found["unsound_seals"]) == (["appropriation", "bank"], [1])


async def test_nothing_set_means_nothing_seen(maker: Api) -> None:
    await appropriate(maker, 1_000)

    for table in LEDGER[:4]:
        assert await maker.sql(f"SELECT * FROM {table}", division="") == []
        assert await maker.sql(f"SELECT * FROM {table}", division="230883") == []
        assert len(await maker.sql(f"SELECT * FROM {table}")) > 0
    with pytest.raises(psycopg.Error):
        await maker.sql("SELECT post('230882', 'k', 1, 2, 5, DATE '2018-06-01', NULL, 'TRANSFER')", division="230883")
