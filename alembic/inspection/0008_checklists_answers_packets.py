"""Outcomes of visits, replacements, checklists, answers, what comes back in packets"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from fupin import ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("checklist", "question", "answer", "packet_return", "answer_conflict")
FUNCTIONS = ("visit_in_order", "visit_outcome_stands", "question_before_answers", "answer_of_done_visit")

GUARDS = (
    # A main household is visited for its own sake; a reserve in place of a failed visit, and only the next in order of
    # its village and kind. Replacements of one village wait for each other: the failed visit's village is held.
    """
    CREATE FUNCTION inspection.visit_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE v_drawn inspection.draw_household;
    BEGIN
      SELECT * INTO v_drawn FROM inspection.draw_household
      WHERE draw_id = NEW.draw_id AND household_no = NEW.household_no;
      IF (v_drawn.role = 'MAIN') <> (NEW.replaces IS NULL) THEN
        RAISE EXCEPTION 'a reserve needs a failed visit' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      ELSIF NEW.replaces IS NULL THEN
        RETURN NULL;
      END IF;
      PERFORM FROM inspection.visit
      WHERE draw_id = NEW.draw_id AND division_code = NEW.division_code FOR NO KEY UPDATE;
      IF NOT EXISTS (
        SELECT FROM inspection.visit f
        JOIN inspection.draw_household d ON d.draw_id = f.draw_id AND d.household_no = f.household_no
        WHERE f.id = NEW.replaces AND f.state = 'FAILED' AND f.draw_id = NEW.draw_id
          AND d.division_code = v_drawn.division_code AND d.poor = v_drawn.poor
      ) THEN
        RAISE EXCEPTION 'a reserve needs a failed visit' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      ELSIF EXISTS (
        SELECT FROM inspection.draw_household d
        WHERE d.draw_id = NEW.draw_id AND d.division_code = v_drawn.division_code AND d.poor = v_drawn.poor
          AND d.role = 'RESERVE' AND d.draw_order < v_drawn.draw_order
          AND NOT EXISTS (
            SELECT FROM inspection.visit v WHERE v.draw_id = d.draw_id AND v.household_no = d.household_no)
      ) THEN
        RAISE EXCEPTION 'not the next ticket' USING ERRCODE = '23514', CONSTRAINT = 'ct_visit_next_ticket';
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_visit_in_order AFTER INSERT OR UPDATE OF draw_id, household_no, replaces
    ON inspection.visit FOR EACH ROW EXECUTE FUNCTION inspection.visit_in_order()""",
    """
    CREATE FUNCTION inspection.visit_outcome_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.state <> 'PLANNED' AND (OLD.draw_id, OLD.household_no, OLD.team_id, OLD.planned_on, OLD.state,
           OLD.visited_on, OLD.failure, OLD.reported_by, OLD.replaces)
         IS DISTINCT FROM (NEW.draw_id, NEW.household_no, NEW.team_id, NEW.planned_on, NEW.state,
           NEW.visited_on, NEW.failure, NEW.reported_by, NEW.replaces) THEN
        RAISE EXCEPTION 'what became of a visit stands' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_visit_outcome_stands AFTER UPDATE ON inspection.visit
    FOR EACH ROW EXECUTE FUNCTION inspection.visit_outcome_stands()""",
    """
    CREATE FUNCTION inspection.question_before_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM inspection.question q JOIN inspection.answer a ON a.question_id = q.id
        WHERE q.checklist_id = NEW.checklist_id
      ) THEN
        RAISE EXCEPTION 'the checklist is in use' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_question_before_answers AFTER INSERT ON inspection.question
    FOR EACH ROW EXECUTE FUNCTION inspection.question_before_answers()""",
    """
    CREATE FUNCTION inspection.answer_of_done_visit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM inspection.visit v WHERE v.id = NEW.visit_id AND v.state = 'DONE') THEN
        RAISE EXCEPTION 'answers belong to a visit that took place' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_answer_of_done_visit AFTER INSERT ON inspection.answer
    FOR EACH ROW EXECUTE FUNCTION inspection.answer_of_done_visit()""",
)

OUTCOME = (
    "CASE state WHEN 'DONE' THEN visited_on IS NOT NULL AND failure IS NULL"
    " WHEN 'FAILED' THEN visited_on IS NOT NULL AND failure IS NOT NULL"
    " ELSE visited_on IS NULL AND failure IS NULL END"
    " AND (visited_on IS NULL) = (reported_by IS NULL)"
)
VALUE = (
    "CASE WHEN jsonb_typeof(value) = 'null' THEN corrects IS NOT NULL"
    " ELSE jsonb_typeof(value) = CASE WHEN kind = 'YES_NO' THEN 'boolean' WHEN kind = 'SEVERAL_OF' THEN 'array'"
    " WHEN kind IN ('INTEGER', 'DECIMAL') THEN 'number' ELSE 'string' END END"
)


def upgrade() -> None:
    _visits()
    _checklists()
    _answers()
    ddl.scoped(op, "answer", "packet_return", "answer_conflict")
    ddl.append_only(op, "checklist", "question", "answer", "packet_return")
    ddl.audited(op, "checklist", "question", "packet_return")
    ddl.audited(op, "answer", "answer_conflict", hide=("value",))  # a household may have said anything
    for guard in GUARDS:
        op.get_bind().exec_driver_sql(guard)
    _seed()


def _visits() -> None:
    op.add_column("visit", sa.Column("visited_on", sa.Date(), nullable=True), schema="inspection")
    op.add_column("visit", sa.Column("failure", sa.String(length=32), nullable=True), schema="inspection")
    op.add_column("visit", sa.Column("note", sa.String(), nullable=True), schema="inspection")
    op.add_column("visit", sa.Column("reported_by", sa.String(), nullable=True), schema="inspection")
    op.add_column("visit", sa.Column("replaces", sa.Uuid(), nullable=True), schema="inspection")
    op.create_foreign_key(
        "fk_visit_replaces", "visit", "visit", ["replaces"], ["id"],
        source_schema="inspection", referent_schema="inspection",
    )  # fmt: skip
    op.create_unique_constraint("uq_visit_replaces", "visit", ["replaces"], schema="inspection")
    op.create_unique_constraint("uq_visit_id_division_code", "visit", ["id", "division_code"], schema="inspection")
    op.create_check_constraint(op.f("ck_visit_outcome"), "visit", OUTCOME, schema="inspection")


def _checklists() -> None:
    op.create_table(
        "checklist",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_checklist_name")),
        sa.CheckConstraint("number > 0", name=op.f("ck_checklist_number")),
        sa.PrimaryKeyConstraint("id", name="pk_checklist"),
        sa.UniqueConstraint("name", "number", name="uq_checklist_name_number"),
        schema="inspection",
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("section_zh", sa.String(), nullable=False),
        sa.Column("section_en", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("choices", JSONB(), nullable=False),
        sa.Column("minimum", sa.Numeric(), nullable=True),
        sa.Column("maximum", sa.Numeric(), nullable=True),
        sa.Column("relevant_to", sa.String(), nullable=True),
        sa.Column("relevant_values", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_question_name")),
        sa.CheckConstraint(
            "(kind IN ('ONE_OF', 'SEVERAL_OF')) = (jsonb_array_length(choices) > 0)", name=op.f("ck_question_choices")
        ),
        sa.CheckConstraint("minimum <= maximum", name=op.f("ck_question_bounds")),
        sa.CheckConstraint(
            "(relevant_to IS NULL) = (cardinality(relevant_values) = 0)", name=op.f("ck_question_relevant")
        ),
        sa.ForeignKeyConstraint(["checklist_id"], ["inspection.checklist.id"], name="fk_question_checklist_id"),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.UniqueConstraint("checklist_id", "name", name="uq_question_checklist_id_name"),
        sa.UniqueConstraint("checklist_id", "position", name="uq_question_checklist_id_position"),
        sa.UniqueConstraint("id", "kind", name="uq_question_id_kind"),
        schema="inspection",
    )


def _answers() -> None:
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.CHAR(length=6), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_answer_county_code")),
        sa.CheckConstraint(VALUE, name=op.f("ck_answer_value")),
        sa.CheckConstraint("(corrects IS NULL) = (reason IS NULL)", name=op.f("ck_answer_reason")),
        sa.ForeignKeyConstraint(
            ["visit_id", "division_code"],
            ["inspection.visit.id", "inspection.visit.division_code"],
            name="fk_answer_visit_id",
        ),
        sa.ForeignKeyConstraint(
            ["question_id", "kind"],
            ["inspection.question.id", "inspection.question.kind"],
            name="fk_answer_question_id",
        ),
        sa.ForeignKeyConstraint(
            ["corrects", "visit_id", "question_id"],
            ["inspection.answer.id", "inspection.answer.visit_id", "inspection.answer.question_id"],
            name="fk_answer_corrects",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sa.UniqueConstraint("id", "visit_id", "question_id", name="uq_answer_id_visit_id_question_id"),
        sa.UniqueConstraint("corrects", name="uq_answer_corrects"),
        schema="inspection",
    )
    op.create_index(
        "uq_answer_first",
        "answer",
        ["visit_id", "question_id"],
        unique=True,
        schema="inspection",
        postgresql_where=sa.text("corrects IS NULL"),
    )
    op.create_index("ix_answer_question_id", "answer", ["question_id"], schema="inspection")
    op.create_table(
        "packet_return",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("filename", sa.String(), nullable=True),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("errors", JSONB(), nullable=False),
        sa.Column("ignored", JSONB(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_packet_return_division_code")),
        sa.ForeignKeyConstraint(["draw_id"], ["inspection.draw.id"], name="fk_packet_return_draw_id"),
        sa.ForeignKeyConstraint(["checklist_id"], ["inspection.checklist.id"], name="fk_packet_return_checklist_id"),
        sa.PrimaryKeyConstraint("id", name="pk_packet_return"),
        schema="inspection",
    )
    op.create_index("ix_packet_return_draw_id", "packet_return", ["draw_id"], schema="inspection")
    op.create_table(
        "answer_conflict",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("packet_return_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.CHAR(length=6), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("state", sa.String(length=32), server_default="OPEN", nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_answer_conflict_county_code")),
        sa.CheckConstraint(
            "(state = 'OPEN') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_answer_conflict_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["packet_return_id"], ["inspection.packet_return.id"], name="fk_answer_conflict_packet_return_id"
        ),
        sa.ForeignKeyConstraint(
            ["visit_id", "division_code"],
            ["inspection.visit.id", "inspection.visit.division_code"],
            name="fk_answer_conflict_visit_id",
        ),
        sa.ForeignKeyConstraint(
            ["answer_id", "visit_id", "question_id"],
            ["inspection.answer.id", "inspection.answer.visit_id", "inspection.answer.question_id"],
            name="fk_answer_conflict_answer_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_answer_conflict"),
        sa.UniqueConstraint(
            "visit_id", "question_id", "value", name="uq_answer_conflict_visit_id_question_id_value"
        ),
        schema="inspection",
    )  # fmt: skip
    op.create_index("ix_answer_conflict_packet_return_id", "answer_conflict", ["packet_return_id"], schema="inspection")


# The checklist that every household is asked: 两不愁三保障, 精准识别, 精准退出, 帮扶成效, 满意度.
GUARANTEES = ("两不愁三保障", "Two assurances and three guarantees")
IDENTIFICATION = ("精准识别", "Precise identification")
EXIT = ("精准退出", "Precise exit")
HELP = ("帮扶成效", "Effect of help")
SATISFACTION = ("群众满意度", "Satisfaction")
GRADES = (("A", "A级", "Grade A"), ("B", "B级", "Grade B"), ("C", "C级", "Grade C"), ("D", "D级", "Grade D"))
CAUSES = (
    ("ILLNESS", "因病", "Illness"), ("DISABILITY", "因残", "Disability"), ("SCHOOLING", "因学", "Schooling"),
    ("DISASTER", "因灾", "Disaster"), ("LAND", "缺土地", "Lack of land"), ("LABOUR", "缺劳力", "Lack of labour"),
    ("SKILL", "缺技术", "Lack of skills"), ("MONEY", "缺资金", "Lack of money"),
    ("WILL", "自身动力不足", "Lack of will"),
)  # fmt: skip
MEASURES = (
    ("INDUSTRY", "产业扶持", "Support of production"), ("WORK", "转移就业", "Work elsewhere"),
    ("RELOCATION", "易地搬迁", "Relocation"), ("EDUCATION", "教育扶贫", "Schooling"),
    ("HEALTH", "健康扶贫", "Health"), ("HOUSING", "危房改造", "Unsafe housing"),
    ("ALLOWANCE", "社会保障兜底", "Allowance"),
)  # fmt: skip
DEGREES = (
    ("VERY", "满意", "Satisfied"), ("RATHER", "比较满意", "Rather satisfied"),
    ("LITTLE", "不太满意", "Rather dissatisfied"), ("NOT", "不满意", "Dissatisfied"),
)  # fmt: skip
QUESTIONS: tuple[tuple[tuple[str, str], str, str, str, str, dict[str, object]], ...] = (
    (GUARANTEES, "food_enough", "YES_NO", "全年主食是否够吃？", "Is there enough staple food all year?", {}),
    (GUARANTEES, "protein", "YES_NO", "是否能经常吃到肉蛋奶或豆制品？", "Meat, eggs, milk or beans regularly?", {}),
    (GUARANTEES, "clothing", "YES_NO", "四季是否有换季衣被？", "Clothes and bedding for every season?", {}),
    (GUARANTEES, "pupils", "INTEGER", "家中义务教育阶段适龄人数", "Children of compulsory school age",
     {"unit": "人", "minimum": 0, "maximum": 20}),
    (GUARANTEES, "dropouts", "YES_NO", "是否有人失学辍学？", "Has any of them left school?",
     {"relevant_to": "pupils", "relevant_values": [str(n) for n in range(1, 21)]}),
    (GUARANTEES, "insured", "YES_NO", "全家是否都参加了基本医疗保险？", "Is everybody insured for medical costs?", {}),
    (GUARANTEES, "doctor", "YES_NO", "是否有家庭签约医生？", "Is a family doctor contracted?", {}),
    (GUARANTEES, "house_grade", "ONE_OF", "住房等级", "Grade of the house", {"choices": GRADES}),
    (GUARANTEES, "house_rebuilt", "YES_NO", "是否已列入危房改造？", "Is it on the list to be rebuilt?",
     {"relevant_to": "house_grade", "relevant_values": ["C", "D"]}),
    (GUARANTEES, "water_safe", "YES_NO", "饮水是否安全？", "Is the drinking water safe?", {}),
    (GUARANTEES, "water_minutes", "INTEGER", "往返取水时间", "Time to fetch water and return",
     {"unit": "分钟", "minimum": 0, "maximum": 600}),
    (IDENTIFICATION, "registered", "YES_NO", "是否建档立卡？", "Is the household registered as poor?", {}),
    (IDENTIFICATION, "assessed", "YES_NO", "识别时是否经过民主评议和公示？", "Was it assessed and published?",
     {"relevant_to": "registered", "relevant_values": ["true"]}),
    (IDENTIFICATION, "cause", "ONE_OF", "主要致贫原因", "Main cause of poverty",
     {"choices": CAUSES, "relevant_to": "registered", "relevant_values": ["true"]}),
    (IDENTIFICATION, "should_be", "YES_NO", "是否应纳入而未纳入？", "Should it be registered and is not?",
     {"relevant_to": "registered", "relevant_values": ["false"]}),
    (EXIT, "exited", "YES_NO", "是否已脱贫退出？", "Has it exited poverty?",
     {"relevant_to": "registered", "relevant_values": ["true"]}),
    (EXIT, "exit_agreed", "YES_NO", "退出是否经本户认可？", "Did the household agree to the exit?",
     {"relevant_to": "exited", "relevant_values": ["true"]}),
    (EXIT, "exited_on", "DATE", "退出日期", "Day of the exit",
     {"required": False, "relevant_to": "exited", "relevant_values": ["true"]}),
    (EXIT, "income_per_head", "DECIMAL", "上年家庭人均纯收入", "Net income per head last year",
     {"unit": "元", "minimum": 0, "maximum": 1000000}),
    (HELP, "helper_known", "YES_NO", "是否知道帮扶责任人？", "Does it know its helper?", {}),
    (HELP, "helper_visits", "INTEGER", "帮扶责任人近三个月入户次数", "Visits by the helper in three months",
     {"unit": "次", "minimum": 0, "maximum": 100, "relevant_to": "helper_known", "relevant_values": ["true"]}),
    (HELP, "measures", "SEVERAL_OF", "享受的帮扶措施", "Help received", {"choices": MEASURES, "required": False}),
    (HELP, "help_works", "YES_NO", "帮扶措施是否有效？", "Does the help work?", {}),
    (SATISFACTION, "satisfied", "ONE_OF", "对扶贫工作是否满意？", "Satisfied with the work?", {"choices": DEGREES}),
    (SATISFACTION, "wishes", "TEXT", "意见和诉求", "Opinions and wishes", {"required": False}),
)  # fmt: skip


def _seed() -> None:
    checklist = op.get_bind().exec_driver_sql(
        "INSERT INTO inspection.checklist (name, number, zh, en)"
        " VALUES ('household', 1, '入户核查表', 'Household checklist') RETURNING id"
    )
    id = checklist.scalar_one()
    for position, (section, name, kind, zh, en, more) in enumerate(QUESTIONS, 1):
        choices = [{"code": code, "zh": in_zh, "en": in_en} for code, in_zh, in_en in more.get("choices", ())]  # type: ignore[attr-defined]
        op.get_bind().exec_driver_sql(
            "INSERT INTO inspection.question (checklist_id, position, name, section_zh, section_en, kind, zh, en,"
            " required, unit, choices, minimum, maximum, relevant_to, relevant_values)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                id, position, name, *section, kind, zh, en, more.get("required", True), more.get("unit"),
                json.dumps(choices), more.get("minimum"), more.get("maximum"), more.get("relevant_to"),
                more.get("relevant_values", []),
            ),
        )  # fmt: skip


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="inspection")
    for function in FUNCTIONS:
        op.get_bind().exec_driver_sql(f"DROP FUNCTION inspection.{function} CASCADE")
    for constraint in ("ck_visit_outcome", "uq_visit_id_division_code", "uq_visit_replaces", "fk_visit_replaces"):
        op.drop_constraint(op.f(constraint), "visit", schema="inspection")
    for column in ("replaces", "reported_by", "note", "failure", "visited_on"):
        op.drop_column("visit", column, schema="inspection")
