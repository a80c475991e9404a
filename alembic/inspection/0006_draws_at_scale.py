"""
Draws at scale: a frame's numbers stand in byte order, as its digest takes them, whatever the cluster's collation; and
that drawn households lie in drawn villages is checked once a draw, not once a household. Both are facts that are never
changed nor removed, so nothing else has to be watched.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LIES_IN_DRAWN_VILLAGE = """
    CREATE FUNCTION inspection.draw_household_in_drawn_village() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM fresh h LEFT JOIN inspection.draw_village v USING (draw_id, division_code) WHERE v.id IS NULL
      ) THEN
        RAISE EXCEPTION 'a drawn household lies in a drawn village' USING ERRCODE = '23503';
      END IF;
      RETURN NULL;
    END $$"""
ONCE_A_DRAW = """
    CREATE TRIGGER in_drawn_village AFTER INSERT ON inspection.draw_household REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION inspection.draw_household_in_drawn_village()"""


def upgrade() -> None:
    op.execute('ALTER TABLE inspection.frame_household ALTER household_no TYPE varchar COLLATE "C"')
    op.execute("ALTER TABLE inspection.draw_household DROP CONSTRAINT fk_draw_household_draw_id")
    for statement in (LIES_IN_DRAWN_VILLAGE, ONCE_A_DRAW):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION inspection.draw_household_in_drawn_village() CASCADE")
    op.execute(
        "ALTER TABLE inspection.draw_household ADD CONSTRAINT fk_draw_household_draw_id FOREIGN KEY"
        " (draw_id, division_code) REFERENCES inspection.draw_village (draw_id, division_code)"
    )
    op.execute('ALTER TABLE inspection.frame_household ALTER household_no TYPE varchar COLLATE "default"')
