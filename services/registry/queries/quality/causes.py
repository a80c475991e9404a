"""Causes of poverty and labour ability, held against the members."""

from services.registry.codes.quality import Severity
from services.registry.queries.quality.base import Rule, Words, statement

LABOUR_CAUSE = statement("""
    {household}, count(*) FILTER (WHERE {able})::text, count(*)::text, NULL::text
    FROM {persons} WHERE {poor} AND h.main_cause = '08' AND {live}
    GROUP BY h.id HAVING 2 * count(*) FILTER (WHERE {able}) > count(*)
""")
ILLNESS_CAUSE = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {poor} AND h.main_cause = '01' AND {live}
    GROUP BY h.id HAVING NOT bool_or({ill})
""")
DISABILITY_CAUSE = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {poor} AND h.main_cause = '02' AND {live}
    GROUP BY h.id HAVING NOT bool_or('DISABLED' = ANY (m.health) OR m.disability_certificate_index IS NOT NULL)
""")
SCHOOLING_CAUSE = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {poor} AND h.main_cause = '03' AND {live}
    GROUP BY h.id HAVING bool_and(m.school_stage = 'NOT_IN_SCHOOL')
""")
LAND_CAUSE = statement("""
    {household}, round(h.farmland_mu / count(*), 1)::text, CAST(:land_enough AS integer)::text, NULL::text
    FROM {persons} WHERE {poor} AND h.main_cause = '05' AND h.farmland_mu IS NOT NULL AND {live}
    GROUP BY h.id HAVING h.farmland_mu / count(*) > CAST(:land_enough AS integer)
""")
NO_CAUSE = statement("{household}, {none} FROM household h WHERE {poor} AND h.main_cause IS NULL")
OLD_LABOUR = statement("""
    {member}, {age}::text, CAST(:retired AS integer)::text, NULL::text
    FROM {persons} WHERE {present} AND {able} AND {live}
      AND m.birth_date <= {today} - make_interval(years => CAST(:retired AS integer))
""")
CHILD_LABOUR = statement("""
    {member}, {age}::text, CAST(:working AS integer)::text, NULL::text
    FROM {persons} WHERE {present} AND m.labour_ability IN ('SKILLED', 'ABLE', 'WEAK') AND {live}
      AND m.birth_date > {today} - make_interval(years => CAST(:working AS integer))
""")
NO_LABOUR_CODE = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {poor} AND m.labour_ability IS NULL AND {live} GROUP BY h.id
""")

CAUSE = ("household.main_cause",)
ASK_CAUSE = Words(
    "入户核实主要致贫原因，或补登成员情况。", "Ask the household for the main cause, or complete its members."
)
ASK_LABOUR = Words("核实该成员的劳动能力并改正。", "Check the person's labour ability and correct it.")

RULES = (
    Rule("Q01", Severity.WARNING, Words("缺劳力户过半数成员有劳动力", "Cause is labour while more than half are able"),
         (*CAUSE, "member.labour_ability"),
         Words("主要致贫原因为缺劳力，但%2$s名成员中有%1$s名技能或普通劳动力，超过半数。",
               "The main cause is lack of labour, yet %1$s of %2$s members are able to work: more than half."),
         ASK_CAUSE, LABOUR_CAUSE),
    Rule("Q02", Severity.WARNING, Words("六十岁以上登记为完全劳动力", "60 or older coded as full labour"),
         ("member.birth_date", "member.labour_ability"),
         Words("成员%1$s岁（%2$s岁及以上），登记为技能或普通劳动力。",
               "The member is %1$s years old (%2$s or more) and coded as skilled or able labour."),
         ASK_LABOUR, OLD_LABOUR),
    Rule("Q03", Severity.WARNING, Words("十六岁以下登记为劳动力", "Below 16 coded as labour"),
         ("member.birth_date", "member.labour_ability"),
         Words("成员%1$s岁（不满%2$s岁），登记为有劳动力。",
               "The member is %1$s years old (below %2$s) and coded as labour."),
         ASK_LABOUR, CHILD_LABOUR),
    Rule("Q04", Severity.WARNING, Words("因病致贫户无患病成员", "Cause is illness without an ill member"),
         (*CAUSE, "member.health"),
         Words("主要致贫原因为因病，但%1$s名成员中没有慢性病或大病患者。",
               "The main cause is illness, yet none of %1$s members is chronically or seriously ill."),
         ASK_CAUSE, ILLNESS_CAUSE),
    Rule("Q05", Severity.WARNING, Words("因残致贫户无残疾成员", "Cause is disability without a disabled member"),
         (*CAUSE, "member.health", "member.disability_certificate"),
         Words("主要致贫原因为因残，但%1$s名成员中没有残疾人。",
               "The main cause is disability, yet none of %1$s members is disabled."),
         ASK_CAUSE, DISABILITY_CAUSE),
    Rule("Q06", Severity.WARNING, Words("因学致贫户无在校生", "Cause is schooling without a student"),
         (*CAUSE, "member.school_stage"),
         Words("主要致贫原因为因学，但%1$s名成员中没有在校生。",
               "The main cause is schooling, yet none of %1$s members is at school."),
         ASK_CAUSE, SCHOOLING_CAUSE),
    Rule("Q07", Severity.NOTICE, Words("缺土地户人均耕地较多", "Cause is land while there is land"),
         (*CAUSE, "household.farmland_mu"),
         Words("主要致贫原因为缺土地，但人均耕地%1$s亩，超过%2$s亩。",
               "The main cause is lack of land, yet there are %1$s mu a head: more than %2$s."),
         ASK_CAUSE, LAND_CAUSE),
    Rule("Q08", Severity.ERROR, Words("贫困户无主要致贫原因", "Poor household without a main cause"), CAUSE,
         Words("贫困户未登记主要致贫原因。", "The household is poor and no main cause is recorded."),
         ASK_CAUSE, NO_CAUSE),
    Rule("Q09", Severity.NOTICE, Words("未登记劳动能力", "Labour ability missing"), ("member.labour_ability",),
         Words("贫困户中有%1$s名成员未登记劳动能力。",
               "Of %1$s members of the poor household no labour ability is recorded."),
         Words("补登成员的劳动能力。", "Record the members' labour ability."), NO_LABOUR_CODE),
)  # fmt: skip
