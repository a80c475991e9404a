"""
The ids of a batch: one random value, counted on.

`uuidv7()` asks the operating system for random bytes each time it is called. A batch now asks once, and its ids
count on in the last 48 bits, which begin in their lower half so that they cannot run over: still UUIDs of version 7,
rising in the order of the batch, with 61 random bits beside the time.
"""

from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COUNTED = (
    (
        "v_ids uuid[];",
        "v_id text := uuidv7(); v_last bigint := ('x' || right(v_id, 12))::bit(48)::bigint / 2; v_ids uuid[];",
    ),
    ("uuidv7() ORDER BY q.k", "(left(v_id, 24) || lpad(to_hex(v_last + q.k), 12, '0'))::uuid ORDER BY q.k"),
)


def upgrade() -> None:
    _post_batch(COUNTED)


def downgrade() -> None:
    _post_batch(())


def _post_batch(changes: tuple[tuple[str, str], ...]) -> None:
    """The function of 0011 with these changes."""
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    before = context.script.get_revision("0011").module
    (batch,) = (one for one in before.FUNCTIONS if "FUNCTION post_batch(" in one)
    for old, new in changes:
        batch = batch.replace(old, new)
    run(batch.replace("{DEFINER}", before.DEFINER))
