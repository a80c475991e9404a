"""Task forces, working systems, meetings, teams, work tips, campaigns"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "task_force",
    "working_system",
    "meeting",
    "action_item",
    "team",
    "team_member",
    "cross_inspection",
    "work_tip",
    "campaign",
    "campaign_activity",
)


def upgrade() -> None:
    ddl.kernel(op)
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("launched_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_campaign_division_code")),
        sa.CheckConstraint("ended_on > launched_on", name=op.f("ck_campaign_days")),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
        sa.UniqueConstraint("id", "division_code", name="uq_campaign_id_division_code"),
        schema="inspection",
    )
    op.create_table(
        "task_force",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("theme", sa.String(length=32), nullable=False),
        sa.Column("leader_unit", sa.String(), nullable=False),
        sa.Column("members", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("division_code"), "="),
            (sa.column("theme"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_task_force_theme",
        ),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_task_force_division_code")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_task_force_days")),
        sa.PrimaryKeyConstraint("id", name="pk_task_force"),
        sa.UniqueConstraint("id", "division_code", name="uq_task_force_id_division_code"),
        schema="inspection",
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("home_division_code", sa.String(length=12), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "CASE WHEN home_division_code IS NULL THEN kind <> 'VILLAGE_WORK'"
            " ELSE home_division_code ~ '^[0-9]{12}$' AND right(home_division_code, 6) <> '000000'"
            " AND (kind <> 'VILLAGE_WORK' OR right(home_division_code, 3) <> '000') END",
            name=op.f("ck_team_home"),
        ),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_team_division_code")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_team_days")),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
        sa.UniqueConstraint("division_code", "kind", "name", "valid_from", name="uq_team_kind_name_valid_from"),
        sa.UniqueConstraint("id", "division_code", name="uq_team_id_division_code"),
        schema="inspection",
    )
    op.create_index("ix_team_kind_valid_from", "team", ["kind", "valid_from"], unique=False, schema="inspection")
    op.create_table(
        "work_tip",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_work_tip_division_code")),
        sa.CheckConstraint("issue_no > 0", name=op.f("ck_work_tip_issue_no")),
        sa.CheckConstraint("year = extract(year FROM issued_on)", name=op.f("ck_work_tip_year")),
        sa.PrimaryKeyConstraint("id", name="pk_work_tip"),
        sa.UniqueConstraint("division_code", "year", "issue_no", name="uq_work_tip_division_code_year_issue_no"),
        schema="inspection",
    )
    op.create_table(
        "working_system",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("established_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("division_code"), "="),
            (sa.column("kind"), "="),
            (sa.text("daterange(established_on, ended_on)"), "&&"),
            using="gist",
            name="ex_working_system_kind",
        ),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_working_system_division_code")),
        sa.CheckConstraint("ended_on > established_on", name=op.f("ck_working_system_days")),
        sa.PrimaryKeyConstraint("id", name="pk_working_system"),
        schema="inspection",
    )
    op.create_table(
        "campaign_activity",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id", "division_code"],
            ["inspection.campaign.id", "inspection.campaign.division_code"],
            name="fk_campaign_activity_campaign_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_campaign_activity"),
        sa.UniqueConstraint("campaign_id", "kind", name="uq_campaign_activity_campaign_id_kind"),
        schema="inspection",
    )
    op.create_table(
        "cross_inspection",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("experience", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_cross_inspection_division_code")),
        sa.ForeignKeyConstraint(["team_id"], ["inspection.team.id"], name="fk_cross_inspection_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cross_inspection"),
        sa.UniqueConstraint(
            "team_id", "division_code", "planned_on", name="uq_cross_inspection_team_id_division_code_planned_on"
        ),
        schema="inspection",
    )
    op.create_index(
        "ix_cross_inspection_division_code", "cross_inspection", ["division_code"], unique=False, schema="inspection"
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("task_force_id", sa.Uuid(), nullable=True),
        sa.Column("matter", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("attendees", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("minutes", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("(kind = 'NEGOTIATION') = (matter IS NOT NULL)", name=op.f("ck_meeting_matter")),
        sa.CheckConstraint("(kind = 'TASK_FORCE') = (task_force_id IS NOT NULL)", name=op.f("ck_meeting_task_force")),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_meeting_division_code")),
        sa.ForeignKeyConstraint(
            ["task_force_id", "division_code"],
            ["inspection.task_force.id", "inspection.task_force.division_code"],
            name="fk_meeting_task_force_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meeting"),
        sa.UniqueConstraint("id", "division_code", name="uq_meeting_id_division_code"),
        schema="inspection",
    )
    op.create_index("ix_meeting_kind_held_on", "meeting", ["kind", "held_on"], unique=False, schema="inspection")
    op.create_index("ix_meeting_task_force_id", "meeting", ["task_force_id"], unique=False, schema="inspection")
    op.create_table(
        "team_member",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("home_division_code", sa.String(length=12), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "home_division_code ~ '^[0-9]{12}$' AND right(home_division_code, 6) <> '000000'",
            name=op.f("ck_team_member_home"),
        ),
        sa.CheckConstraint("left_on > joined_on", name=op.f("ck_team_member_days")),
        sa.ForeignKeyConstraint(
            ["team_id", "division_code"],
            ["inspection.team.id", "inspection.team.division_code"],
            name="fk_team_member_team_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_team_member"),
        schema="inspection",
    )
    op.create_index("ix_team_member_team_id", "team_member", ["team_id"], unique=False, schema="inspection")
    op.create_table(
        "action_item",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id", "division_code"],
            ["inspection.meeting.id", "inspection.meeting.division_code"],
            name="fk_action_item_meeting_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_action_item"),
        schema="inspection",
    )
    op.create_index(
        "ix_action_item_due_on",
        "action_item",
        ["due_on"],
        unique=False,
        schema="inspection",
        postgresql_where=sa.text("done_on IS NULL"),
    )
    op.create_index("ix_action_item_meeting_id", "action_item", ["meeting_id"], unique=False, schema="inspection")
    ddl.scoped(op, *TABLES)
    ddl.audited(op, *TABLES)
    ddl.append_only(op, "work_tip")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="inspection")
    ddl.drop_kernel(op)
