"""Where the chain of responsibility letters breaks: city to town, town to village, village to cadre."""

from datetime import date

from fupin.listing import Listing
from services.registry.queries import divisions, households

GAPS = "".join(
    ["""(
    SELECT CASE d.level WHEN 'TOWN' THEN 'TOWN' ELSE 'VILLAGE' END AS kind, d.code AS division_code,
           NULL::uuid AS helper_id, NULL::uuid AS letter_id
    FROM """, divisions.SOURCE, """
    WHERE d.level IN ('TOWN', 'VILLAGE') AND NOT EXISTS (
        SELECT FROM responsibility_letter l WHERE l.year = %(year)s AND l.division_code = d.code
           AND l.level = CASE d.level WHEN 'TOWN' THEN 'COUNTY_TOWN' ELSE 'TOWN_VILLAGE' END)
    UNION ALL
    SELECT DISTINCT 'CADRE', x.division_code, x.helper_id, NULL::uuid
    FROM helper_assignment x
    WHERE x.responsible AND """, households.HELD, """ AND NOT EXISTS (
        SELECT FROM responsibility_letter l WHERE l.year = %(year)s AND l.level = 'VILLAGE_CADRE'
           AND l.division_code = x.division_code AND l.helper_id = x.helper_id)
    UNION ALL
    SELECT 'PARENT', l.division_code, l.helper_id, l.id
    FROM responsibility_letter l LEFT JOIN responsibility_letter a ON a.id = l.parent_id
    WHERE l.year = %(year)s AND l.level <> 'COUNTY_TOWN' AND (a.year, a.level, a.division_code) IS DISTINCT FROM (
        l.year, CASE l.level WHEN 'TOWN_VILLAGE' THEN 'COUNTY_TOWN' ELSE 'TOWN_VILLAGE' END,
        CASE l.level WHEN 'TOWN_VILLAGE' THEN left(l.division_code, 9) || '000' ELSE l.division_code END)
    ) g"""]
)  # fmt: skip
# A key is never null: towns and villages have neither letter nor cadre.
KEY = (("g.division_code", str), ("g.kind", str), ("coalesce(g.letter_id::text, g.helper_id::text, '')", str))


def gaps(year: int, on: date, division: str | None) -> Listing:
    """Towns, villages and responsible cadres of the day without a letter of the year; letters hung up wrongly."""
    found = Listing("g.*", GAPS, KEY, params={"as_of": on, "year": year})
    return found if division is None else found.where("starts_with(g.division_code, %(division)s)", division=division)
