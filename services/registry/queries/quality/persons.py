"""Who belongs to a household, and how they are related."""

from services.registry.codes.quality import Severity
from services.registry.queries.quality.base import Rule, Words, statement

NO_MEMBER = statement("""
    {household}, {none} FROM household h
    WHERE {present} AND NOT EXISTS (SELECT FROM member m WHERE m.household_id = h.id AND {live})
""")
NO_HEAD = statement("""
    {household}, count(*) FILTER (WHERE {live})::text, {lacking}
    FROM {persons} WHERE {present} GROUP BY h.id
    HAVING count(*) FILTER (WHERE {live}) > 0 AND count(*) FILTER (WHERE m.relation = '02') = 0
""")
HEAD_GONE = statement("""
    {household}, max(least(m.left_on, m.died_on))::text, {lacking}
    FROM {persons} WHERE {present} GROUP BY h.id
    HAVING count(*) FILTER (WHERE {live}) > 0 AND count(*) FILTER (WHERE m.relation = '02') > 0
       AND count(*) FILTER (WHERE m.relation = '02' AND {live}) = 0
""")
TWO_HEADS = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {present} AND m.relation = '02' AND {live} GROUP BY h.id HAVING count(*) > 1
""")
TWO_SPOUSES = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {present} AND m.relation IN ('10', '11', '12') AND {live} GROUP BY h.id HAVING count(*) > 1
""")
SINGLE_NOT_HEAD = statement("""
    {household}, {none}
    FROM {persons} WHERE {present} AND {live} GROUP BY h.id
    HAVING count(*) = 1 AND bool_and(m.relation <> '02')
""")
# GB/T 4761 says the sex with the relation: sons and daughters, fathers and mothers.
SEX_OF_RELATION = statement("""
    {member}, {none}
    FROM {persons} WHERE {present} AND {live}
      AND ((m.sex = '2' AND m.relation IN ('11', '20', '21', '22', '23', '24', '27', '28', '29', '41', '43', '46',
                                           '47', '51', '53', '55', '57', '61', '63', '71', '73'))
        OR (m.sex = '1' AND m.relation IN ('12', '30', '31', '32', '33', '34', '37', '38', '39', '42', '44', '45',
                                           '48', '52', '54', '56', '58', '62', '64', '72')))
""")
SEX_OF_NUMBER = statement("""
    {member}, {none} FROM {persons} WHERE {present} AND {live} AND m.sex IN ('1', '2') AND m.sex <> m.id_number_sex
""")
SEX_UNKNOWN = statement("{member}, {none} FROM {persons} WHERE {registered} AND m.sex IN ('0', '9') AND {live}")
TOO_OLD = statement("""
    {member}, {age}::text, CAST(:oldest AS integer)::text, NULL::text
    FROM {persons} WHERE {present} AND {live}
      AND m.birth_date <= {today} - make_interval(years => CAST(:oldest AS integer) + 1)
""")
UNBORN = statement("""
    {member}, m.birth_date - {today} || '', {lacking}
    FROM {persons} WHERE {present} AND m.birth_date > {today} AND m.left_on IS NULL AND m.died_on IS NULL
""")
NO_BIRTH_DATE = statement("{member}, {none} FROM {persons} WHERE {registered} AND m.birth_date IS NULL AND {live}")
NO_ID_NUMBER = statement("{member}, {none} FROM {persons} WHERE {registered} AND m.id_number_index IS NULL AND {live}")
GENERATIONS = statement("""
    {member}, round((m.birth_date - head.birth_date) / 365.25, 1)::text, CAST(:generation AS integer)::text, NULL::text
    FROM {persons}
    JOIN member head ON head.household_id = h.id AND head.relation = '02' AND head.left_on IS NULL
                    AND head.died_on IS NULL
    WHERE {present} AND {live} AND m.relation IN ('20', '21', '22', '23', '24', '30', '31', '32', '33', '34')
      AND m.birth_date < head.birth_date + make_interval(years => CAST(:generation AS integer))
""")
DUPLICATE = statement("""
    {member}, same.households::text, {lacking}
    FROM {persons}
    JOIN (SELECT m.division_code, m.name, m.birth_date, count(DISTINCT m.household_id) AS households
          FROM member m WHERE m.birth_date IS NOT NULL AND {live}
          GROUP BY 1, 2, 3 HAVING count(DISTINCT m.household_id) > 1) same
      ON (same.division_code, same.name, same.birth_date) = (m.division_code, m.name, m.birth_date)
    WHERE {present} AND {live}
""")
MANY_PERSONS = statement("""
    {household}, count(*)::text, CAST(:most_persons AS integer)::text, NULL::text
    FROM {persons} WHERE {present} AND {live} GROUP BY h.id HAVING count(*) > CAST(:most_persons AS integer)
""")

RELATION = ("member.relation",)
NAME_HEAD = Words("核对户口簿，明确一名户主。", "Look into the household booklet and name one head.")
ASK_BIRTH = Words("核对公民身份号码和出生日期。", "Check the ID number and the birth date.")

RULES = (
    Rule("Q10", Severity.ERROR, Words("户内无成员", "No members"), ("member",),
         Words("该户没有在册成员。", "The household has no present member."),
         Words("补登成员，或办理注销。", "Record the members, or cancel the household."), NO_MEMBER),
    Rule("Q11", Severity.ERROR, Words("无户主", "No head"), RELATION,
         Words("该户%1$s名成员中没有户主。", "None of the household's %1$s members is its head."), NAME_HEAD, NO_HEAD),
    Rule("Q12", Severity.ERROR, Words("户主已离开或去世", "The head has left or died"),
         (*RELATION, "member.left_on", "member.died_on"),
         Words("户主于%1$s离开或去世，尚未登记新户主。", "The head left or died on %1$s and no other is named."),
         NAME_HEAD, HEAD_GONE),
    Rule("Q13", Severity.ERROR, Words("有多名户主", "Two heads"), RELATION,
         Words("该户有%1$s名户主。", "The household has %1$s heads."), NAME_HEAD, TWO_HEADS),
    Rule("Q14", Severity.ERROR, Words("户主有多名配偶", "Several spouses of the head"), RELATION,
         Words("该户登记了%1$s名户主配偶。", "%1$s spouses of the head are recorded."),
         Words("核对户口簿，改正与户主关系。",
               "Look into the household booklet and correct the relations."), TWO_SPOUSES),
    Rule("Q15", Severity.WARNING, Words("单人户成员不是户主", "One person who is not the head"), RELATION,
         Words("该户只有一名成员，但与户主关系不是户主。", "The household's only member is not recorded as its head."),
         NAME_HEAD, SINGLE_NOT_HEAD),
    Rule("Q16", Severity.ERROR, Words("性别与户主关系不符", "Sex contradicts the relation"), (*RELATION, "member.sex"),
         Words("成员的性别与其和户主的关系不符。", "The member's sex contradicts the relation to the head."),
         Words("核对性别和与户主关系。", "Check sex and relation."), SEX_OF_RELATION),
    Rule("Q17", Severity.NOTICE, Words("性别不明", "Sex unknown"), ("member.sex",),
         Words("成员的性别未知或未说明。", "The member's sex is unknown or not stated."),
         Words("补登性别。", "Record the sex."), SEX_UNKNOWN),
    Rule("Q18", Severity.ERROR, Words("年龄超过110岁", "Older than 110"), ("member.birth_date",),
         Words("成员%1$s岁，超过%2$s岁。", "The member is %1$s years old: more than %2$s."), ASK_BIRTH, TOO_OLD),
    Rule("Q19", Severity.ERROR, Words("出生日期在今天之后", "Born in the future"), ("member.birth_date",),
         Words("成员的出生日期在%1$s天之后。", "The member's birth date is %1$s days ahead."), ASK_BIRTH, UNBORN),
    Rule("Q20", Severity.WARNING, Words("无出生日期", "Birth date missing"), ("member.birth_date",),
         Words("成员没有出生日期，无法核对年龄。", "The member has no birth date, so that no age can be checked."),
         ASK_BIRTH, NO_BIRTH_DATE),
    Rule("Q21", Severity.WARNING, Words("无公民身份号码", "ID number missing"), ("member.id_number",),
         Words("建档立卡成员没有公民身份号码。", "A member of a registered household has no ID number."),
         Words("补登公民身份号码；无户口的协助办理。",
               "Record the ID number; help whoever has none to get it."), NO_ID_NUMBER),
    Rule("Q22", Severity.WARNING, Words("子女与户主年龄差过小", "Child too close in age to the head"),
         (*RELATION, "member.birth_date"),
         Words("登记为户主子女，但只比户主小%1$s岁（不足%2$s岁）。",
               "Recorded as the head's child, yet only %1$s years younger (less than %2$s)."),
         Words("核对与户主关系和出生日期。", "Check relation and birth date."), GENERATIONS),
    Rule("Q23", Severity.WARNING, Words("同村疑似重复人员", "Possibly one person in two households"),
         ("member.name", "member.birth_date"),
         Words("同村%1$s户中有同名且出生日期相同的成员。",
               "A member of this name and birth date stands in %1$s households of the village."),
         Words("核实是否同一人，属实的从一户中删除。", "Find out whether it is one person; if so, end one membership."),
         DUPLICATE),
    Rule("Q24", Severity.NOTICE, Words("人口过多", "Very many members"), ("member",),
         Words("该户有%1$s名成员，超过%2$s名。", "The household has %1$s members: more than %2$s."),
         Words("核实是否应分户。", "Find out whether it is several households."), MANY_PERSONS),
    Rule("Q67", Severity.ERROR, Words("性别与公民身份号码不符", "Sex contradicts the ID number"),
         ("member.sex", "member.id_number"),
         Words("成员的性别与其公民身份号码第17位不符。",
               "The member's sex contradicts the 17th digit of the ID number."),
         Words("核对公民身份号码和性别。", "Check the ID number and the sex."), SEX_OF_NUMBER),
)  # fmt: skip
