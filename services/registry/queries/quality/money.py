"""Incomes, accounts and allowances."""

from services.registry.codes.quality import Severity
from services.registry.queries.quality.base import Rule, Words, statement

YUAN = "round(i.per_head_fen / 100.0, 2)::text, round(l.per_head_fen / 100.0, 2)::text, i.year::text"
LATEST = """
    household h
    JOIN (SELECT DISTINCT ON (household_id) * FROM household_income
          WHERE year <= extract(year FROM {today}) ORDER BY household_id, year DESC) i ON i.household_id = h.id
"""
LINE = "JOIN poverty_line l ON l.year = i.year"


ABOVE_LINE = statement(" ".join(["{household},", YUAN, "FROM", LATEST, LINE,
                                 "WHERE {poor} AND i.per_head_fen > l.per_head_fen"]))  # fmt: skip
BELOW_LINE = statement(" ".join(["{household},", YUAN, "FROM", LATEST, LINE,
                                 "WHERE {out} AND i.per_head_fen < l.per_head_fen"]))  # fmt: skip
NO_INCOME = statement("""
    {household}, (extract(year FROM {today}) - 1)::text, {lacking}
    FROM household h LEFT JOIN household_income i ON i.household_id = h.id AND i.year = extract(year FROM {today}) - 1
    WHERE {registered} AND i.household_id IS NULL AND h.identified_on <= {today} - interval '3 months'
""")
NEGATIVE_INCOME = statement(" ".join(["""
    {household}, round(i.net_fen / 100.0, 2)::text, i.year::text, NULL::text FROM""", LATEST,
    "WHERE {registered} AND i.net_fen < 0"]))  # fmt: skip
OTHER_PERSONS = statement(
    " ".join(
        [
            """
    {household}, i.persons::text, count(m.id)::text, i.year::text FROM""",
            LATEST,
            """
    JOIN member m ON m.household_id = h.id AND {live}
    WHERE {registered} AND i.year >= extract(year FROM {today}) - 1
    GROUP BY h.id, i.persons, i.year HAVING abs(i.persons - count(m.id)) > 1
""",
        ]
    )
)
SHARED_ACCOUNT = statement("""
    {household}, same.households::text, {lacking}
    FROM household h
    JOIN (SELECT bank_account_index, count(*) AS households FROM household
          WHERE bank_account_index IS NOT NULL AND status NOT IN ('CANCELLED', 'REMOVED')
          GROUP BY 1 HAVING count(*) > 1) same USING (bank_account_index)
    WHERE {present}
""")
NO_ACCOUNT = statement("{household}, {none} FROM household h WHERE {registered} AND h.bank_account_index IS NULL")
NO_PHONE = statement("{household}, {none} FROM household h WHERE {registered} AND h.phone_index IS NULL")
SHARED_PHONE = statement("""
    {household}, same.households::text, CAST(:phone_households AS integer)::text, NULL::text
    FROM household h
    JOIN (SELECT phone_index, count(*) AS households FROM household
          WHERE phone_index IS NOT NULL AND status NOT IN ('CANCELLED', 'REMOVED')
          GROUP BY 1 HAVING count(*) > CAST(:phone_households AS integer)) same USING (phone_index)
    WHERE {present}
""")
UNTICKED_ALLOWANCE = statement("""
    {household}, count(*)::text, max(a.given_on)::text, NULL::text
    FROM household h JOIN assistance a ON a.household_id = h.id
     AND a.kind IN ('MINIMUM_LIVING', 'DESTITUTE_SUPPORT') AND a.given_on > {today} - interval '1 year'
    WHERE {registered} AND h.poverty_type IS DISTINCT FROM 'MINIMUM_LIVING'
      AND h.poverty_type IS DISTINCT FROM 'DESTITUTE'
    GROUP BY h.id
""")
TICKED_WITHOUT = statement(
    " ".join(
        [
            """
    {household}, i.year::text, NULL::text, NULL::text FROM""",
            LATEST,
            """
    WHERE {registered} AND h.poverty_type IN ('MINIMUM_LIVING', 'DESTITUTE') AND i.transfer_fen = 0
""",
        ]
    )
)
IDLE_PATHWAY = statement("""
    {household}, count(*)::text, min(x.from_on)::text, NULL::text
    FROM household h JOIN household_pathway x ON x.household_id = h.id AND coalesce(x.expected_income_fen, 0) = 0
     AND x.from_on <= {today} - interval '1 year' AND (x.to_on IS NULL OR x.to_on >= {today})
    WHERE {poor} GROUP BY h.id
""")

INCOME = ("household_income",)
ASK_INCOME = Words(
    "入户核算收入，属实的启动相应程序。",
    "Reckon the income again with the household; if it holds, begin the procedure.",
)

RULES = (
    Rule("Q35", Severity.NOTICE, Words("贫困户收入已超过标准", "Poor with an income above the line"), INCOME,
         Words("%3$s年人均纯收入%1$s元，超过%2$s元的标准。",
               "Net income a head in %3$s was %1$s yuan, above the line of %2$s."), ASK_INCOME, ABOVE_LINE),
    Rule("Q36", Severity.ERROR, Words("脱贫户收入低于标准", "Out of poverty with an income below the line"), INCOME,
         Words("已脱贫，但%3$s年人均纯收入%1$s元，低于%2$s元的标准。",
               "Out of poverty, yet net income a head in %3$s was %1$s yuan, below the line of %2$s."),
         ASK_INCOME, BELOW_LINE),
    Rule("Q37", Severity.WARNING, Words("上年收入未登记", "Last year's income missing"), INCOME,
         Words("%1$s年收入未登记。", "The income of %1$s is not recorded."),
         Words("补登上年收入。", "Record last year's income."), NO_INCOME),
    Rule("Q38", Severity.WARNING, Words("纯收入为负", "Negative net income"), INCOME,
         Words("%2$s年纯收入为%1$s元：生产经营支出大于全部收入。",
               "Net income in %2$s was %1$s yuan: production cost more than all income."), ASK_INCOME, NEGATIVE_INCOME),
    Rule("Q39", Severity.NOTICE, Words("收入核算人数与成员数不符", "Income reckoned for other persons"),
         (*INCOME, "member"),
         Words("%3$s年收入按%1$s人核算，户内有%2$s名成员。",
               "The income of %3$s is reckoned for %1$s persons; the household has %2$s members."),
         ASK_INCOME, OTHER_PERSONS),
    Rule("Q40", Severity.ERROR, Words("多户共用银行账号",
                                      "Households share a bank account"), ("household.bank_account",),
         Words("%1$s户登记了同一个银行账号。", "%1$s households have the same bank account."),
         Words("核对一卡通账号，各户使用本户账号。", "Check the account; each household is paid to its own."),
         SHARED_ACCOUNT, across=True),
    Rule("Q41", Severity.WARNING, Words("无银行账号", "Bank account missing"), ("household.bank_account",),
         Words("建档立卡户未登记惠农一卡通账号，无法发放补助。",
               "The registered household has no bank account to be paid to."),
         Words("补登账号。", "Record the account."), NO_ACCOUNT),
    Rule("Q42", Severity.NOTICE, Words("无联系电话", "Telephone missing"), ("household.phone",),
         Words("建档立卡户未登记联系电话。", "The registered household has no telephone number."),
         Words("补登电话。", "Record a number."), NO_PHONE),
    Rule("Q43", Severity.NOTICE, Words("多户共用电话", "Many households share a telephone"), ("household.phone",),
         Words("%1$s户登记了同一个电话，超过%2$s户。", "%1$s households have the same telephone: more than %2$s."),
         Words("核对电话。", "Check the number."), SHARED_PHONE, across=True),
    Rule("Q44", Severity.ERROR, Words("享受低保但未勾选", "Receives the allowance but is not ticked"),
         ("household.poverty_type", "assistance.kind"),
         Words("近一年发放低保金或特困供养金%1$s次（最近%2$s），但户类型不是低保或特困。",
               "Received the allowance %1$s times in a year (last on %2$s), yet the poverty type is neither minimum "
               "living nor destitute."),
         Words("与民政部门核对，改正户类型。", "Compare with civil affairs and correct the type."), UNTICKED_ALLOWANCE),
    Rule("Q45", Severity.WARNING, Words("低保户无转移性收入", "Ticked without transfer income"),
         ("household.poverty_type", *INCOME),
         Words("户类型为低保或特困，但%1$s年转移性收入为零。",
               "Ticked as minimum living or destitute, yet the transfer income of %1$s is nil."),
         Words("与民政部门核对发放记录。", "Compare with the payments of civil affairs."), TICKED_WITHOUT),
    Rule("Q46", Severity.NOTICE, Words("脱贫路径无预计收入", "Pathway without income"), ("household_pathway",),
         Words("%1$s条路径已满一年（最早%2$s），没有预计年收入。",
               "%1$s pathways have run for a year (the first since %2$s) and no income is expected of them."),
         Words("补登路径收入，或更换无效路径。", "Record what they bring, or replace them."), IDLE_PATHWAY),
)  # fmt: skip
