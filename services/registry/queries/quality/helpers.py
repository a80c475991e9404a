"""Helpers, measures and guarantees: what was due and not done, and what contradicts."""

from services.registry.codes.quality import Severity
from services.registry.queries.quality.base import Rule, Words, statement

HELD = "x.from_on <= {today} AND (x.to_on IS NULL OR x.to_on >= {today})"
LATEST = """
    (SELECT DISTINCT ON (household_id, item) household_id, item, result, year FROM guarantee_check
     WHERE checked_on <= {today} ORDER BY household_id, item, year DESC, checked_on DESC) g
"""

NOBODY_HELPS = statement(
    " ".join(
        [
            """
    {household}, {none} FROM household h WHERE {poor} AND NOT EXISTS (
        SELECT FROM helper_assignment x WHERE x.household_id = h.id AND x.responsible AND""",
            HELD,
            ")",
        ]
    )
)
NO_MEASURE = statement("""
    {household}, h.identified_on::text, CAST(:measure_days AS integer)::text, NULL::text
    FROM household h
    WHERE {poor} AND h.identified_on < {today} - CAST(:measure_days AS integer)
      AND NOT EXISTS (SELECT FROM household_pathway x WHERE x.household_id = h.id)
      AND NOT EXISTS (SELECT FROM assistance a WHERE a.household_id = h.id)
""")
NO_PATHWAY = statement(
    " ".join(
        [
            """
    {household}, {none} FROM household h
    WHERE {poor} AND NOT EXISTS (SELECT FROM household_pathway x WHERE x.household_id = h.id AND""",
            HELD,
            ")",
        ]
    )
)
TOO_MANY_HOUSEHOLDS = statement(
    " ".join(
        [
            """
    SELECT h.id AS household_id, h.division_code, x.helper_id AS subject_id, busy.households::text,
           CAST(:households_per_helper AS integer)::text, NULL::text
    FROM helper_assignment x JOIN household h ON h.id = x.household_id
    JOIN (SELECT x.helper_id, count(*) AS households FROM helper_assignment x JOIN household h ON h.id = x.household_id
          WHERE x.responsible AND {poor} AND""",
            HELD,
            """
          GROUP BY 1 HAVING count(*) > CAST(:households_per_helper AS integer)) busy USING (helper_id)
    WHERE x.responsible AND {poor} AND""",
            HELD,
        ]
    )
)
NEW_UNCHECKED = statement("""
    {household}, h.identified_on::text, {lacking}
    FROM household h
    WHERE {poor} AND h.identified_on BETWEEN date_trunc('year', {today}) AND {today}
      AND NOT EXISTS (SELECT FROM guarantee_check g WHERE g.household_id = h.id
                        AND g.year = extract(year FROM {today}))
""")
OUT_NOT_MET = statement(
    " ".join(
        [
            """
    {household}, string_agg(g.item, ', ' ORDER BY g.item), max(g.year)::text, NULL::text
    FROM household h JOIN""",
            LATEST,
            """ON g.household_id = h.id
    WHERE {out} AND g.result = 'NOT_MET' GROUP BY h.id
""",
        ]
    )
)
DANGEROUS_BUT_MET = statement(
    " ".join(
        [
            """
    {household}, h.house_grade, g.year::text, NULL::text
    FROM household h JOIN""",
            LATEST,
            """ON g.household_id = h.id
    WHERE {present} AND h.house_grade IN ('C', 'D') AND g.item = 'HOUSING' AND g.result = 'MET'
""",
        ]
    )
)
SAFE_BUT_NOT_MET = statement(
    " ".join(
        [
            """
    {household}, h.house_grade, g.year::text, NULL::text
    FROM household h JOIN""",
            LATEST,
            """ON g.household_id = h.id
    WHERE {present} AND h.house_grade IN ('A', 'B') AND g.item = 'HOUSING' AND g.result = 'NOT_MET'
""",
        ]
    )
)
NO_HOUSE_GRADE = statement("{household}, {none} FROM household h WHERE {registered} AND h.house_grade IS NULL")
SCHOOL_MET_BUT_OUT = statement(
    " ".join(
        [
            """
    {household}, count(*)::text, max(g.year)::text, NULL::text
    FROM {persons} JOIN""",
            LATEST,
            """ON g.household_id = h.id AND g.item = 'EDUCATION' AND g.result = 'MET'
    WHERE {present} AND {live} AND m.school_stage IN ('NOT_IN_SCHOOL', 'KINDERGARTEN')
      AND m.birth_date <= {today} - interval '7 years' AND m.birth_date > {today} - interval '15 years'
    GROUP BY h.id
""",
        ]
    )
)
MEDICAL_MET_BUT_UNINSURED = statement(
    " ".join(
        [
            """
    {household}, count(*)::text, max(g.year)::text, NULL::text
    FROM {persons} JOIN""",
            LATEST,
            """ON g.household_id = h.id AND g.item = 'MEDICAL' AND g.result = 'MET'
    WHERE {present} AND {live} AND NOT m.medical_insurance GROUP BY h.id
""",
        ]
    )
)
NO_WATER_BUT_MET = statement(
    " ".join(
        [
            """
    {household}, g.year::text, {lacking}
    FROM household h JOIN division d ON d.code = h.division_code AND d.has_tap_water
     AND d.water_system_running IS FALSE
    JOIN""",
            LATEST,
            """ON g.household_id = h.id
    WHERE {present} AND g.item = 'WATER' AND g.result = 'MET'
""",
        ]
    )
)

CHECK = ("guarantee_check",)
CHECK_AGAIN = Words("入户重新核查该项保障。", "Check the guarantee again at the household.")

RULES = (
    Rule("Q47", Severity.ERROR, Words("贫困户无包保责任人", "Nobody helps"), ("helper_assignment",),
         Words("贫困户今天没有包保责任人。", "No cadre answers for the poor household today."),
         Words("安排包保责任人。", "Assign a responsible cadre."), NOBODY_HELPS),
    Rule("Q48", Severity.ERROR, Words("识别一个月后无帮扶措施", "No measure a month after identification"),
         ("household.identified_on", "household_pathway", "assistance"),
         Words("%1$s识别，超过%2$s天，没有任何脱贫路径或帮扶措施。",
               "Identified on %1$s, more than %2$s days ago: no pathway and no assistance."),
         Words("制定并登记帮扶措施。", "Decide on measures and record them."), NO_MEASURE),
    Rule("Q49", Severity.WARNING, Words("贫困户无脱贫路径", "Poor household without a pathway"), ("household_pathway",),
         Words("贫困户今天没有脱贫路径。", "The poor household is on no pathway today."),
         Words("因户施策，安排脱贫路径。", "Set the household on a pathway."), NO_PATHWAY),
    Rule("Q50", Severity.NOTICE, Words("干部包保户数过多", "Helper with too many households"), ("helper_assignment",),
         Words("包保责任人负责%1$s户贫困户，超过%2$s户。",
               "The responsible cadre answers for %1$s poor households: more than %2$s."),
         Words("调整包保分工。", "Share the households among more cadres."), TOO_MANY_HOUSEHOLDS, across=True),
    Rule("Q51", Severity.WARNING, Words("本年识别户未核查保障", "Identified this year, no guarantee checked"), CHECK,
         Words("%1$s识别，本年度尚未核查两不愁三保障。",
               "Identified on %1$s; no guarantee has been checked this year."),
         Words("核查两不愁三保障。", "Check the guarantees."), NEW_UNCHECKED),
    Rule("Q52", Severity.ERROR, Words("脱贫户有保障未达标", "Out of poverty with a guarantee not met"), CHECK,
         Words("已脱贫，但最近核查（%2$s年）有未达标项：%1$s。",
               "Out of poverty, yet not met at the latest check (%2$s): %1$s."),
         Words("补齐短板；不能补齐的按程序处理。", "Make good what is missing, or follow the procedure."), OUT_NOT_MET),
    Rule("Q53", Severity.ERROR, Words("危房但住房保障达标", "Dangerous house, housing met"),
         ("household.house_grade", *CHECK),
         Words("住房为%1$s级，但%2$s年住房安全核查为达标。",
               "The house is of grade %1$s, yet housing was met in %2$s."),
         CHECK_AGAIN, DANGEROUS_BUT_MET),
    Rule("Q54", Severity.WARNING, Words("住房安全但保障未达标", "Safe house, housing not met"),
         ("household.house_grade", *CHECK),
         Words("住房为%1$s级，但%2$s年住房安全核查为未达标。",
               "The house is of grade %1$s, yet housing was not met in %2$s."),
         CHECK_AGAIN, SAFE_BUT_NOT_MET),
    Rule("Q55", Severity.NOTICE, Words("无住房等级", "House grade missing"), ("household.house_grade",),
         Words("建档立卡户未登记住房等级。", "The registered household has no house grade."),
         Words("鉴定住房并登记等级。", "Have the house appraised and record its grade."), NO_HOUSE_GRADE),
    Rule("Q56", Severity.ERROR, Words("有失学儿童但教育保障达标", "Child out of school, education met"),
         ("member.school_stage", *CHECK),
         Words("%2$s年义务教育核查为达标，但有%1$s名义务教育阶段成员未在校。",
               "Education was met in %2$s, yet %1$s members of school age are not in school."),
         CHECK_AGAIN, SCHOOL_MET_BUT_OUT),
    Rule("Q57", Severity.ERROR, Words("未参保但医疗保障达标", "Uninsured, medical care met"),
         ("member.medical_insurance", *CHECK),
         Words("%2$s年基本医疗核查为达标，但有%1$s名成员未参加基本医疗保险。",
               "Medical care was met in %2$s, yet %1$s members are not insured."),
         CHECK_AGAIN, MEDICAL_MET_BUT_UNINSURED),
    Rule("Q58", Severity.NOTICE, Words("村供水停运但饮水保障达标", "Waterworks idle, water met"),
         ("division.water_system_running", *CHECK),
         Words("本村供水设施未运行，但%1$s年饮水安全核查为达标。",
               "The village's waterworks do not run, yet water was met in %1$s."),
         CHECK_AGAIN, NO_WATER_BUT_MET),
)  # fmt: skip
