"""What PostgreSQL refuses beyond columns: a team at home, a seed before its frame, a changed design.

Constraint triggers, so that each refusal has a name in pg_constraint and reaches the caller as its problem.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GUARDS = (
    # The part of a division code that everything below it shares: 230882101000 -> 230882101.
    """
    CREATE FUNCTION inspection.prefix(p_code text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT CASE WHEN right(p_code, 6) = '000000' THEN left(p_code, 6)
                  WHEN right(p_code, 3) = '000' THEN left(p_code, 9) ELSE p_code END
    $$""",
    # Whoever checks a team's homes holds its row: no home can appear while a place is being put on the team's list.
    """
    CREATE FUNCTION inspection.team_not_at_home() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE v_team inspection.team;
    BEGIN
      SELECT * INTO v_team FROM inspection.team WHERE id = NEW.team_id FOR SHARE;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'no such team here' USING ERRCODE = '23503';
      END IF;
      IF starts_with(NEW.division_code, inspection.prefix(v_team.home_division_code)) OR EXISTS (
        SELECT FROM inspection.team_member m
        WHERE m.team_id = NEW.team_id AND starts_with(NEW.division_code, inspection.prefix(m.home_division_code))
          AND (m.left_on IS NULL OR m.left_on > NEW.planned_on)
      ) THEN
        RAISE EXCEPTION 'a team never inspects its own place' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_visit_team_not_at_home
    AFTER INSERT OR UPDATE OF team_id, division_code, planned_on ON inspection.visit
    FOR EACH ROW EXECUTE FUNCTION inspection.team_not_at_home()""",
    """
    CREATE CONSTRAINT TRIGGER ct_cross_inspection_team_not_at_home
    AFTER INSERT OR UPDATE OF team_id, division_code, planned_on ON inspection.cross_inspection
    FOR EACH ROW EXECUTE FUNCTION inspection.team_not_at_home()""",
    # The arguments are the kinds of team that do this work.
    """
    CREATE FUNCTION inspection.team_on_duty() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
        SELECT FROM inspection.team t
        WHERE t.id = NEW.team_id AND t.kind = ANY (TG_ARGV) AND t.valid_from <= NEW.planned_on
          AND (t.valid_to IS NULL OR t.valid_to > NEW.planned_on)
      ) THEN
        RAISE EXCEPTION 'not this team''s work, or not on that day' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_visit_team_on_duty AFTER INSERT OR UPDATE OF team_id, planned_on ON inspection.visit
    FOR EACH ROW EXECUTE FUNCTION inspection.team_on_duty('INSPECTION', 'ROVING')""",
    """
    CREATE CONSTRAINT TRIGGER ct_cross_inspection_team_on_duty
    AFTER INSERT OR UPDATE OF team_id, planned_on ON inspection.cross_inspection
    FOR EACH ROW EXECUTE FUNCTION inspection.team_on_duty('VILLAGE_WORK')""",
    # A planned visit or cross-inspection keeps its place from becoming the team's home, or a member's. Places count
    # also where the caller sees nothing: the check looks at the whole province, then gives the division back.
    """
    CREATE FUNCTION inspection.home_not_on_list() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_team uuid := coalesce(to_jsonb(NEW) ->> 'team_id', to_jsonb(NEW) ->> 'id')::uuid;
      v_home text := inspection.prefix(NEW.home_division_code);
      v_division text := current_setting('fupin.division', true);
      v_listed boolean;
    BEGIN
      PERFORM FROM inspection.team WHERE id = v_team FOR NO KEY UPDATE;
      PERFORM set_config('fupin.division', left(v_home, 2), true);
      v_listed := EXISTS (
        SELECT FROM inspection.visit v
        WHERE v.team_id = v_team AND v.state = 'PLANNED' AND starts_with(v.division_code, v_home)
      ) OR EXISTS (
        SELECT FROM inspection.cross_inspection c
        WHERE c.team_id = v_team AND c.done_on IS NULL AND starts_with(c.division_code, v_home)
      );
      PERFORM set_config('fupin.division', v_division, true);
      IF v_listed THEN
        RAISE EXCEPTION 'the team is to inspect that place' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_team_home_not_on_list AFTER UPDATE OF home_division_code ON inspection.team
    FOR EACH ROW EXECUTE FUNCTION inspection.home_not_on_list()""",
    """
    CREATE CONSTRAINT TRIGGER ct_team_member_home_not_on_list
    AFTER INSERT OR UPDATE OF team_id, home_division_code ON inspection.team_member
    FOR EACH ROW EXECUTE FUNCTION inspection.home_not_on_list()""",
    """
    CREATE FUNCTION inspection.action_item_after_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM inspection.meeting m WHERE m.id = NEW.meeting_id AND m.held_on > least(NEW.due_on, NEW.done_on)
      ) THEN
        RAISE EXCEPTION 'neither due nor done before the meeting' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_action_item_after_meeting AFTER INSERT OR UPDATE ON inspection.action_item
    FOR EACH ROW EXECUTE FUNCTION inspection.action_item_after_meeting()""",
    """
    CREATE FUNCTION inspection.plan_design_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM inspection.frame f WHERE f.plan_id = NEW.id) AND
         (OLD.division_code, OLD.plan_no, OLD.strata, OLD.central_villages, OLD.villages_per_town, OLD.poor_per_village,
          OLD.non_poor_per_village, OLD.reserves) IS DISTINCT FROM
         (NEW.division_code, NEW.plan_no, NEW.strata, NEW.central_villages, NEW.villages_per_town, NEW.poor_per_village,
          NEW.non_poor_per_village, NEW.reserves) THEN
        RAISE EXCEPTION 'the frame is frozen' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_plan_design_frozen AFTER UPDATE ON inspection.plan
    FOR EACH ROW EXECUTE FUNCTION inspection.plan_design_frozen()""",
    """
    CREATE FUNCTION inspection.frame_publication_after_frame() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM inspection.frame f WHERE f.id = NEW.frame_id AND f.frozen_on > NEW.published_on) THEN
        RAISE EXCEPTION 'published before it was frozen' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_frame_publication_after_frame AFTER INSERT ON inspection.frame_publication
    FOR EACH ROW EXECUTE FUNCTION inspection.frame_publication_after_frame()""",
    """
    CREATE FUNCTION inspection.seed_event_frame_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
        SELECT FROM inspection.frame f JOIN inspection.frame_publication p ON p.frame_id = f.id
        WHERE f.plan_id = NEW.plan_id
      ) THEN
        RAISE EXCEPTION 'the frame is not public' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_seed_event_frame_published AFTER INSERT ON inspection.seed_event
    FOR EACH ROW EXECUTE FUNCTION inspection.seed_event_frame_published()""",
    """
    CREATE FUNCTION inspection.seed_event_in_advance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.named_on >= NEW.occurs_on OR EXISTS (
        SELECT FROM inspection.frame f JOIN inspection.frame_publication p ON p.frame_id = f.id
        WHERE f.plan_id = NEW.plan_id AND p.published_on > NEW.named_on
      ) THEN
        RAISE EXCEPTION 'not in advance' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_seed_event_in_advance AFTER INSERT ON inspection.seed_event
    FOR EACH ROW EXECUTE FUNCTION inspection.seed_event_in_advance()""",
    """
    CREATE FUNCTION inspection.draw_after_its_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
        SELECT FROM inspection.seed_event e WHERE e.id = NEW.seed_event_id AND e.occurs_on <= NEW.drawn_on
          AND NOT EXISTS (SELECT FROM inspection.seed_event l WHERE l.plan_id = e.plan_id AND l.wave > e.wave)
      ) THEN
        RAISE EXCEPTION 'not after its event' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_draw_after_its_event AFTER INSERT ON inspection.draw
    FOR EACH ROW EXECUTE FUNCTION inspection.draw_after_its_event()""",
)

FUNCTIONS = (
    "team_not_at_home", "team_on_duty", "home_not_on_list", "action_item_after_meeting", "plan_design_frozen",
    "frame_publication_after_frame", "seed_event_frame_published", "seed_event_in_advance", "draw_after_its_event",
    "prefix",
)  # fmt: skip


def upgrade() -> None:
    for guard in GUARDS:
        op.get_bind().exec_driver_sql(guard)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.get_bind().exec_driver_sql(f"DROP FUNCTION inspection.{function} CASCADE")
