"""
What a quality rule is.

A rule is one statement over the whole register that the caller sees. Each row is a finding: household, division,
subject (a member or a helper, else the household), and up to three figures that its words name as %1$s, %2$s, %3$s.
"""

from dataclasses import dataclass

from sqlalchemy import TextClause, text

from services.registry.codes.quality import Severity

TODAY = "CAST(:today AS date)"
PIECES = {
    "{poor}": "h.status IN ('IDENTIFIED', 'POOR', 'RELAPSED')",
    "{registered}": "h.status IN ('IDENTIFIED', 'POOR', 'RELAPSED', 'EXITED', 'STABLE')",
    "{present}": "h.status NOT IN ('CANCELLED', 'REMOVED')",
    "{out}": "h.status IN ('EXITED', 'STABLE')",
    "{live}": "(m.joined_on IS NULL OR m.joined_on <= {today}) AND (m.left_on IS NULL OR m.left_on > {today})"
    " AND (m.died_on IS NULL OR m.died_on > {today})",
    "{age}": "extract(year FROM age({today}, m.birth_date))::integer",
    "{persons}": "household h JOIN member m ON m.household_id = h.id",
    "{household}": "SELECT h.id AS household_id, h.division_code, h.id AS subject_id",
    "{member}": "SELECT h.id AS household_id, h.division_code, m.id AS subject_id",
    "{able}": "m.labour_ability IN ('SKILLED', 'ABLE')",
    "{ill}": "m.health && ARRAY['CHRONIC', 'SERIOUS']::varchar[]",
    "{none}": "NULL::text, NULL::text, NULL::text",
    "{lacking}": "NULL::text, NULL::text",
    "{today}": TODAY,
}


@dataclass(frozen=True)
class Words:
    zh: str
    en: str


@dataclass(frozen=True)
class Rule:
    """`across` rules compare households with each other: only a run over the whole county can answer them."""

    code: str
    severity: Severity
    title: Words
    looks_at: tuple[str, ...]
    reason: Words
    remedy: Words
    sql: TextClause
    across: bool = False


def statement(template: str) -> TextClause:
    """The statement with its common pieces filled in."""
    for piece, words in PIECES.items():
        template = template.replace(piece, words)
    return text(template)
