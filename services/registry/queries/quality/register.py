"""The household's own record: its village, dates, type and land."""

from services.registry.codes.quality import Severity
from services.registry.queries.quality.base import Rule, Words, statement

ENDED_VILLAGE = statement("""
    {household}, d.valid_to::text, {lacking}
    FROM household h JOIN division d ON d.code = h.division_code AND d.valid_to < {today} WHERE {present}
""")
# 国开办发〔2014〕24号 opened the register in 2014; nobody was identified before.
IDENTIFIED_ODDLY = statement("""
    {household}, h.identified_on::text, {lacking}
    FROM household h WHERE {registered} AND (h.identified_on > {today} OR h.identified_on < date '2014-01-01')
""")
UNCONFIRMED = statement("""
    {household}, h.status_on::text, CAST(:confirm_days AS integer)::text, NULL::text
    FROM household h WHERE h.status = 'IDENTIFIED' AND h.status_on < {today} - CAST(:confirm_days AS integer)
""")
EXIT_MISSING = statement("""
    {household}, h.exited_on::text, h.status_on::text, NULL::text
    FROM household h WHERE h.status = 'EXITED' AND h.exited_on <> h.status_on
""")
NO_TYPE = statement("{household}, {none} FROM household h WHERE {poor} AND h.poverty_type IS NULL")
LAND_IMPROBABLE = statement("""
    {household}, round(h.farmland_mu / count(m.id), 1)::text, CAST(:land_per_head AS integer)::text, NULL::text
    FROM household h JOIN member m ON m.household_id = h.id AND {live}
    WHERE {present} GROUP BY h.id HAVING h.farmland_mu / count(m.id) > CAST(:land_per_head AS integer)
""")
LAND_NEGATIVE = statement("""
    {household}, least(h.farmland_mu, h.irrigated_mu, h.forest_mu, h.grassland_mu)::text, {lacking}
    FROM household h
    WHERE {present} AND least(h.farmland_mu, h.irrigated_mu, h.forest_mu, h.grassland_mu) < 0
""")
IRRIGATED_MORE = statement("""
    {household}, h.irrigated_mu::text, h.farmland_mu::text, NULL::text
    FROM household h WHERE {present} AND h.irrigated_mu > h.farmland_mu
""")

LAND = ("household.farmland_mu", "household.irrigated_mu", "household.forest_mu", "household.grassland_mu")
ASK_LAND = Words("与土地确权数据核对。", "Compare with the register of land rights.")

RULES = (
    Rule("Q59", Severity.ERROR, Words("所在村已撤并", "The village is no more"), ("division.valid_to",),
         Words("该户所在的村已于%1$s撤并。", "The household's village ended on %1$s."),
         Words("将该户转入并入的村。", "Transfer the household to the village that took it over."), ENDED_VILLAGE),
    Rule("Q60", Severity.WARNING, Words("识别日期异常", "Identified before the register or in the future"),
         ("household.identified_on",),
         Words("识别日期%1$s早于2014年建档立卡，或晚于今天。",
               "Identified on %1$s: before the register was opened in 2014, or after today."),
         Words("核对识别日期。", "Check the date."), IDENTIFIED_ODDLY),
    Rule("Q61", Severity.NOTICE, Words("新识别状态超过一年", "Newly identified for more than a year"),
         ("household.status",),
         Words("自%1$s起为新识别，超过%2$s天未转为未脱贫。",
               "Newly identified since %1$s: more than %2$s days without becoming poor or being removed."),
         Words("按程序确认户状态。", "Confirm the status by its procedure."), UNCONFIRMED),
    Rule("Q62", Severity.WARNING, Words("脱贫日期与状态日期不一致", "Exit date is not that of the status"),
         ("household.exited_on", "household.status_on"),
         Words("脱贫日期为%1$s，但已脱贫状态始于%2$s。", "The exit date is %1$s, yet the status began on %2$s."),
         Words("核对脱贫日期。", "Check the exit date."), EXIT_MISSING),
    Rule("Q63", Severity.WARNING, Words("无户类型", "Poverty type missing"), ("household.poverty_type",),
         Words("贫困户未登记户类型。", "The poor household has no poverty type."),
         Words("补登户类型。", "Record the type."), NO_TYPE),
    Rule("Q64", Severity.WARNING, Words("人均耕地异常", "Improbable farmland"), LAND[:1],
         Words("人均耕地%1$s亩，超过%2$s亩。", "There are %1$s mu of farmland a head: more than %2$s."),
         ASK_LAND, LAND_IMPROBABLE),
    Rule("Q65", Severity.ERROR, Words("土地面积为负", "Negative land"), LAND,
         Words("土地面积为%1$s亩。", "An area of land is %1$s mu."), ASK_LAND, LAND_NEGATIVE),
    Rule("Q66", Severity.WARNING, Words("灌溉面积大于耕地面积", "More irrigated than farmland"), LAND[:2],
         Words("有效灌溉面积%1$s亩，大于耕地面积%2$s亩。", "%1$s mu are irrigated of %2$s mu of farmland."),
         ASK_LAND, IRRIGATED_MORE),
)  # fmt: skip
