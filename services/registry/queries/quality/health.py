"""School, health and insurance of members."""

from services.registry.codes.quality import Severity
from services.registry.queries.quality.base import Rule, Words, statement

PRIMARY_AGE = statement("""
    {member}, {age}::text, {lacking}
    FROM {persons} WHERE {present} AND {live} AND m.school_stage = 'PRIMARY' AND {age} NOT BETWEEN 5 AND 13
""")
JUNIOR_AGE = statement("""
    {member}, {age}::text, {lacking}
    FROM {persons} WHERE {present} AND {live} AND m.school_stage = 'JUNIOR' AND {age} NOT BETWEEN 12 AND 17
""")
SENIOR_AGE = statement("""
    {member}, {age}::text, {lacking}
    FROM {persons} WHERE {present} AND {live} AND m.school_stage IN ('SENIOR', 'VOCATIONAL')
      AND {age} NOT BETWEEN 14 AND 21
""")
COLLEGE_AGE = statement("""
    {member}, {age}::text, {lacking}
    FROM {persons} WHERE {present} AND {live} AND m.school_stage = 'COLLEGE' AND {age} NOT BETWEEN 16 AND 30
""")
# 义务教育法 art. 11: school begins at six, at seven where there is no school nearer; nine years.
OUT_OF_SCHOOL = statement("""
    {member}, {age}::text, {lacking}
    FROM {persons} WHERE {registered} AND {live} AND m.school_stage IN ('NOT_IN_SCHOOL', 'KINDERGARTEN')
      AND m.birth_date <= {today} - interval '7 years' AND m.birth_date > {today} - interval '15 years'
""")
UNCODED_DISABILITY = statement("""
    {member}, {none}
    FROM {persons} WHERE {present} AND {live} AND m.disability_certificate_index IS NOT NULL
      AND NOT 'DISABLED' = ANY (m.health)
""")
NO_CERTIFICATE = statement("""
    {member}, {none}
    FROM {persons} WHERE {registered} AND {live} AND m.disability_certificate_index IS NULL
      AND 'DISABLED' = ANY (m.health)
""")
HEALTHY_AND_ILL = statement("""
    {member}, cardinality(m.health)::text, {lacking}
    FROM {persons} WHERE {present} AND {live} AND 'HEALTHY' = ANY (m.health) AND cardinality(m.health) > 1
""")
NO_HEALTH = statement("""
    {household}, count(*)::text, {lacking}
    FROM {persons} WHERE {poor} AND {live} AND m.health = '{}' GROUP BY h.id
""")
UNINSURED = statement("""
    {member}, {none} FROM {persons} WHERE {registered} AND {live} AND NOT m.medical_insurance
""")

SCHOOL = ("member.school_stage", "member.birth_date")
ASK_SCHOOL = Words("与学籍核对在校状况和出生日期。", "Compare school stage and birth date with the school's register.")
HEALTH = ("member.health",)

RULES = (
    Rule("Q25", Severity.WARNING, Words("小学生年龄异常", "Primary pupil of another age"), SCHOOL,
         Words("小学生%1$s岁，不在5至13岁。",
               "The primary pupil is %1$s years old, outside 5 to 13."), ASK_SCHOOL, PRIMARY_AGE),
    Rule("Q26", Severity.WARNING, Words("初中生年龄异常", "Junior pupil outside 12 to 17"), SCHOOL,
         Words("初中生%1$s岁，不在12至17岁。",
               "The junior pupil is %1$s years old, outside 12 to 17."), ASK_SCHOOL, JUNIOR_AGE),
    Rule("Q27", Severity.WARNING, Words("高中或中职学生年龄异常", "Senior or vocational pupil of another age"), SCHOOL,
         Words("高中或中职学生%1$s岁，不在14至21岁。",
               "The senior or vocational pupil is %1$s years old, outside 14 to 21."), ASK_SCHOOL, SENIOR_AGE),
    Rule("Q28", Severity.NOTICE, Words("大学生年龄异常", "Student of another age"), SCHOOL,
         Words("大专及以上在校生%1$s岁，不在16至30岁。", "The student is %1$s years old, outside 16 to 30."),
         ASK_SCHOOL, COLLEGE_AGE),
    Rule("Q29", Severity.ERROR, Words("义务教育阶段未在校", "Child of school age not in school"), SCHOOL,
         Words("建档立卡户成员%1$s岁，义务教育阶段未在校。",
               "The member of a registered household is %1$s years old, of compulsory school age, and not in school."),
         Words("核实是否失学辍学，落实控辍保学。",
               "Find out whether the child has dropped out, and bring it back to school."),
         OUT_OF_SCHOOL),
    Rule("Q30", Severity.WARNING, Words("有残疾证但健康状况不是残疾", "Disability certificate without disability"),
         (*HEALTH, "member.disability_certificate"),
         Words("成员登记了残疾证号，但健康状况没有残疾。",
               "A disability certificate is recorded, yet disability is not among the member's health."),
         Words("核对残疾人证，改正健康状况。", "Look at the certificate and correct the health."), UNCODED_DISABILITY),
    Rule("Q31", Severity.NOTICE, Words("残疾成员无残疾证", "Disabled without a certificate"),
         (*HEALTH, "member.disability_certificate"),
         Words("成员健康状况为残疾，但未登记残疾证号。",
               "The member is coded as disabled and no certificate is recorded."),
         Words("补登残疾证号，或协助办证。", "Record the certificate, or help to obtain one."), NO_CERTIFICATE),
    Rule("Q32", Severity.ERROR, Words("健康与患病并存", "Healthy and ill at once"), HEALTH,
         Words("成员的健康状况有%1$s项，其中一项为健康。",
               "The member's health has %1$s entries and one of them is healthy."),
         Words("改正健康状况。", "Correct the health."), HEALTHY_AND_ILL),
    Rule("Q33", Severity.NOTICE, Words("未登记健康状况", "Health missing"), HEALTH,
         Words("贫困户中有%1$s名成员未登记健康状况。", "Of %1$s members of the poor household no health is recorded."),
         Words("补登健康状况。", "Record the health."), NO_HEALTH),
    Rule("Q34", Severity.ERROR, Words("未参加基本医疗保险", "Without medical insurance"), ("member.medical_insurance",),
         Words("建档立卡户成员未参加基本医疗保险。",
               "A member of a registered household has no basic medical insurance."),
         Words("动员参保，代缴个人部分。", "Enrol the member; the county pays the contribution."), UNINSURED),
)  # fmt: skip
