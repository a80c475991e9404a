"""Every way in which inspection refuses."""

from fupin.problems import Problem


class TaskForceStillAtWork(Problem):
    """A task force for this theme is already at work in those days."""

    status = 409
    zh = "该专项在此期间已有推进小组。"
    constraint = "ex_task_force_theme"


class SystemAlreadyInForce(Problem):
    """A working system of this kind is already in force in those days."""

    status = 409
    zh = "此期间该类工作制度已经施行。"
    constraint = "ex_working_system_kind"


class TaskForceMeetingNeedsItsTaskForce(Problem):
    """A task-force meeting names its task force, and no other meeting does."""

    status = 422
    zh = "专项推进例会须注明所属推进小组，其他会议不得注明。"
    constraint = "ck_meeting_task_force"


class NegotiationNeedsItsMatter(Problem):
    """A negotiation names its matter, and no other meeting does."""

    status = 422
    zh = "磋商须注明事项，其他会议不得注明。"
    constraint = "ck_meeting_matter"


class DoneBeforeTheMeeting(Problem):
    """An action item is neither due nor done before its meeting was held."""

    status = 422
    zh = "会议事项的期限和完成日期不得早于会议日期。"
    constraint = "ct_action_item_after_meeting"


class VillageTeamNeedsItsVillage(Problem):
    """A village work team is at home in a village; other teams in a town or a village, or nowhere."""

    status = 422
    zh = "驻村工作队须注明所驻村；其他工作队可注明所在镇或村，也可不注明。"
    constraint = "ck_team_home"


class TeamNameTaken(Problem):
    """A team of this kind and name exists already."""

    status = 409
    zh = "同类工作队中已有此名称。"
    constraint = "uq_team_kind_name_valid_from"


class TeamAtHome(Problem):
    """A team never inspects its own place, nor one of its members' own."""

    status = 409
    zh = "工作队不得检查本地，也不得检查队员所在地（交叉互检）。"
    constraint = "ct_visit_team_not_at_home"


class VillageTeamAtHome(Problem):
    """A village work team never inspects its own village."""

    status = 409
    zh = "驻村工作队不得检查所驻村（交叉互检）。"
    constraint = "ct_cross_inspection_team_not_at_home"


class HomeOnTheList(Problem):
    """A place that the team is to inspect cannot become its home or a member's."""

    status = 409
    zh = "工作队已安排检查的地方不能成为其所在地或队员所在地。"
    constraint = "ct_team_home_not_on_list"


class MemberAtHomeOnTheList(Problem):
    """Somebody from a place that the team is to inspect cannot join it."""

    status = 409
    zh = "工作队已安排检查某地，来自该地的人员不能加入。"
    constraint = "ct_team_member_home_not_on_list"


class CrossInspectionAlreadyPlanned(Problem):
    """This team already inspects that village on that day."""

    status = 409
    zh = "该工作队当日已安排检查该村。"
    constraint = "uq_cross_inspection_team_id_division_code_planned_on"


class PlanNumberTaken(Problem):
    """An inspection plan with this number exists already."""

    status = 409
    zh = "督查计划编号已被使用。"
    constraint = "uq_plan_plan_no"


class PlanFrozen(Problem):
    """The plan's frame is frozen; what it samples can no longer change."""

    status = 409
    zh = "计划的抽样框已冻结，抽样设计不能再更改。"
    constraint = "ct_plan_design_frozen"


class FrameAlreadyFrozen(Problem):
    """The plan has its frame; another one would let somebody choose between two draws."""

    status = 409
    zh = "该计划已有抽样框；若再冻结一个，就可以在两次抽取之间挑选。"
    constraint = "uq_frame_plan_id"


class NothingToSample(Problem):
    """The registry has no village or no household in this plan's division on that day."""

    status = 409
    zh = "该日该区划内登记簿没有村或没有户。"


class NumberNotDrawable(Problem):
    """A household number stands twice, is empty or holds a separator, so that its ticket could not be told apart."""

    status = 409
    zh = "户编号重复、为空或含有分隔符，无法生成唯一的抽签号。"
    constraint = "ck_frame_household_household_no"


class CentralVillageUnknown(Problem):
    """A village named for the central check is not in the registry on that day."""

    status = 409
    zh = "集中核查所列的村在该日的登记簿中不存在。"


class DigestAlreadyPublished(Problem):
    """The frame's digest has been published already."""

    status = 409
    zh = "抽样框摘要已经公布。"
    constraint = "pk_frame_publication"


class PublishedBeforeFrozen(Problem):
    """A digest cannot be published before its frame was frozen."""

    status = 422
    zh = "摘要公布日期不得早于抽样框冻结日期。"
    constraint = "ct_frame_publication_after_frame"


class SeedBeforeFrame(Problem):
    """There is no seed, nor an event to give it, before the frame is frozen and its digest published."""

    status = 409
    zh = "抽样框冻结且摘要公布之前，不得指定种子事件，也不得确定种子。"
    constraint = "ct_seed_event_frame_published"


class EventNotInAdvance(Problem):
    """The seed event is named when the digest is public, and takes place on a later day."""

    status = 422
    zh = "种子事件须在摘要公布之后指定，并在指定日之后的日期发生。"
    constraint = "ct_seed_event_in_advance"


class SecondSeedWithoutReason(Problem):
    """A second seed needs a newly named event and a published reason."""

    status = 409
    zh = "再次抽取须另行指定种子事件并公布理由。"
    constraint = "ck_seed_event_reason"


class NoSeedEvent(Problem):
    """The event that gives the seed must be named in advance."""

    status = 409
    zh = "须事先指定产生种子的事件。"


class DrawBeforeItsEvent(Problem):
    """A draw follows its plan's last named seed event, on that event's day or later."""

    status = 422
    zh = "抽取须依据计划最近指定的种子事件，且不得早于事件发生日。"
    constraint = "ct_draw_after_its_event"


class SeedUsedBefore(Problem):
    """Every wave has a fresh seed; this one was used for the plan already."""

    status = 409
    zh = "每次抽取须使用新的种子，该种子在本计划中已用过。"
    constraint = "uq_draw_plan_id_seed"


class AlreadyDrawn(Problem):
    """This seed event has been drawn already."""

    status = 409
    zh = "该种子事件已经抽取。"
    constraint = "uq_draw_seed_event_id"


class FrameChanged(Problem):
    """The frame's rows no longer give its published digest; nothing is drawn from it."""

    status = 409
    zh = "抽样框内容与已公布的摘要不符，不予抽取。"


class AlreadyPlanned(Problem):
    """This draw's visits are planned already."""

    status = 409
    zh = "本次抽取的入户核查已经安排。"
    constraint = "uq_visit_draw_id_household_no"


class NoTeamWithoutConflict(Problem):
    """Every team named is at home in this village; name a further team."""

    status = 409
    zh = "所列工作队都来自该村所在地，请增加工作队。"


class PeriodTooShort(Problem):
    """The working days of the plan's period do not suffice for these villages and teams."""

    status = 409
    zh = "计划期间的工作日不足以安排这些村和工作队。"


class TeamNotOnDuty(Problem):
    """Visits are made by inspection teams, roving or not, on days when they are at work."""

    status = 409
    zh = "入户核查由督查组或巡回督查组在其履职期间进行。"
    constraint = "ct_visit_team_on_duty"


class NotAVillageTeam(Problem):
    """Cross-inspection is the work of village work teams, on days when they are at work."""

    status = 409
    zh = "交叉互检由驻村工作队在其履职期间进行。"
    constraint = "ct_cross_inspection_team_on_duty"


class TipNumberTaken(Problem):
    """This year's work tip of that number has been issued."""

    status = 409
    zh = "本年度该期工作提示已经印发。"
    constraint = "uq_work_tip_division_code_year_issue_no"


class ActivityAlreadyInCampaign(Problem):
    """The campaign already has this activity."""

    status = 409
    zh = "该主题活动中已有此项活动。"
    constraint = "uq_campaign_activity_campaign_id_kind"


class NotDrawnYet(Problem):
    """There is nothing to schedule before the plan's sample is drawn."""

    status = 409
    zh = "计划尚未抽取样本，无法编制日程。"


class VillageNotPlaced(Problem):
    """A village has no coordinates in the frame, so its road is not known."""

    status = 409
    zh = "有村在抽样框中没有经纬度，无法估算路程。"


class CountyWithoutTeam(Problem):
    """None of the teams named is to work in a county where villages were drawn."""

    status = 409
    zh = "有被抽中村的县没有安排工作队。"


class VillageBeyondDay(Problem):
    """A village does not fit into a working day even alone: road and visits take longer."""

    status = 409
    zh = "仅一个村的路程和入户时间已超过一个工作日。"


class TooManyRoutes(Problem):
    """A day holds so many villages that not every combination can be looked at; allow fewer villages a day."""

    status = 409
    zh = "每日可走村数过多，组合无法逐一比较，请减少每日村数。"


class TooFewTeamDays(Problem):
    """The teams' days do not suffice for these villages; so many team-days are missing."""

    status = 409
    zh = "工作队的可用天数不足，缺少的队日数见 team_days_missing。"


class TeamInTwoPlaces(Problem):
    """A team is never on two places at once."""

    status = 409
    zh = "同一工作队不得同时在两处。"
    constraint = "ex_schedule_stop_team_id"


class ScheduleOutdated(Problem):
    """The schedule is in force already, or was made for a draw or a schedule that is not the last one."""

    status = 409
    zh = "该日程已经执行，或所依据的抽取、日程已不是最新。"


class CrossResultMissing(Problem):
    """A cross-inspection that was done says when, with which result, and what was learned."""

    status = 422
    zh = "交叉互检完成后须同时填写完成日期、结果和学习经验。"
    constraint = "ct_cross_inspection_result"


class NoPairing(Problem):
    """These teams cannot be paired so that each inspects another one's village and none its own place."""

    status = 409
    zh = "所列工作队无法配对：每队须检查另一队的村，且不得检查本地。"


class MonthReported(Problem):
    """The task force has reported on this month."""

    status = 409
    zh = "该推进小组已报送本月进展。"
    constraint = "uq_task_force_report_task_force_id_month"


class TaskForceNotAtWork(Problem):
    """The task force was not at work in that month."""

    status = 409
    zh = "该推进小组当月未履职。"
    constraint = "ct_task_force_report_at_work"


class ReportedBeforeItsMonth(Problem):
    """A month is reported on when it has begun."""

    status = 422
    zh = "月报不得早于所报月份。"
    constraint = "ck_task_force_report_month"


class NotTheNextStep(Problem):
    """This step cannot follow the finding's last one, or lies before it."""

    status = 409
    zh = "问题整改的当前状态下不能进行此步骤，或日期早于上一步。"
    constraint = "ct_finding_step_in_order"


class SomebodyWasFaster(Problem):
    """Somebody took a step meanwhile; look at the finding again."""

    status = 409
    zh = "他人已先行办理，请重新查看该问题。"
    constraint = "uq_finding_step_finding_id_seq"


class DueBeforeFound(Problem):
    """A deadline is not earlier than the day it is set."""

    status = 422
    zh = "整改期限不得早于提出之日。"
    constraint = "ct_finding_step_deadline"


class ExtensionOutOfOrder(Problem):
    """One extension at a time is asked for, to a later day than the deadline, and then decided on."""

    status = 409
    zh = "延期须逐次申请，且须晚于现有期限；有未决申请方可审批。"
    constraint = "ct_finding_step_extension"


class NotOnOnesOwn(Problem):
    """Whoever asked for or reported something does not decide on it or check it."""

    status = 409
    zh = "申请人或报告人不得自行审批或复查。"
    constraint = "ct_finding_step_second"


class EvidenceMissing(Problem):
    """What was put right is reported with evidence attached to the finding."""

    status = 409
    zh = "报告整改须先上传佐证材料。"
    constraint = "ct_finding_step_evidence"


class FoundByThisTeam(Problem):
    """Another team than the one that found it checks again."""

    status = 409
    zh = "须由提出问题以外的工作队复查。"
    constraint = "ct_finding_step_other_team"


class RecheckTeamAtHome(Problem):
    """The team that checks again is at work that day and not at home there."""

    status = 409
    zh = "复查工作队须在履职期间，且不得复查本地。"
    constraint = "ct_finding_step_team_place"


class SubjectMissing(Problem):
    """A finding on a household or a project names it, one on a village does not."""

    status = 422
    zh = "关于户或项目的问题须注明对象，关于村的问题不得注明。"
    constraint = "ck_finding_subject"


class EscalationRuleThere(Problem):
    """This level has a rule from that day on already."""

    status = 409
    zh = "该级别自该日起已有规定。"
    constraint = "uq_escalation_rule_division_code_level_valid_from"


class SentAlready(Problem):
    """The other service was sent this finding and has not refused it."""

    status = 409
    zh = "该问题已转送，且未被拒绝。"
    constraint = "ux_finding_link_live"


class NotAboutAHousehold(Problem):
    """Only a finding on a household proposes a change of it."""

    status = 409
    zh = "只有关于户的问题可以提出户信息变更。"


class VisitOver(Problem):
    """The visit took place, failed or was cancelled; what became of it stands."""

    status = 409
    zh = "该次入户核查已有结果（完成、未能进行或取消），结果不再更改。"
    constraint = "ct_visit_outcome_stands"


class VisitNotFailed(Problem):
    """A reserve is visited only in place of a main household, or reserve, whose visit is recorded as failed."""

    status = 409
    zh = "只有记录了未能进行的入户核查之后，才能由备选户替补。"
    constraint = "ct_visit_in_order"


class NotTheNextTicket(Problem):
    """Only the next reserve of the village and kind, in the order of the draw, replaces a failed visit."""

    status = 409
    zh = "只能由该村同类农户中抽签顺序的下一备选户替补。"
    constraint = "ct_visit_next_ticket"


class ReplacedAlready(Problem):
    """This failed visit has been replaced."""

    status = 409
    zh = "该次未能进行的入户核查已经替补。"
    constraint = "uq_visit_replaces"


class NoReserveLeft(Problem):
    """The village has no reserve of this kind left; the sample is smaller there, and the estimates say so."""

    status = 409
    zh = "该村同类备选户已用完；该处样本减少，估计中会如实反映。"


class ChecklistVersionTaken(Problem):
    """Somebody else added this version of the checklist; look at it before adding another."""

    status = 409
    zh = "该核查表的这一版本已由他人新增，请先查看再新增版本。"
    constraint = "uq_checklist_name_number"


class ChecklistInUse(Problem):
    """The checklist has answers: a question more is a new version."""

    status = 409
    zh = "该核查表已有答案，增加问题须新建版本。"
    constraint = "ct_question_before_answers"


class AnswersRefused(Problem):
    """Answers are not of their questions' types, are missing, or were not to be asked; `errors` names each question."""

    status = 422
    zh = "有答案与问题类型不符、缺失或不应询问，errors 中逐题列出。"


class AnsweredDifferently(Problem):
    """The visit has other answers to these questions; a correction says so and gives its reason."""

    status = 409
    zh = "这些问题已有不同的答案；更正须另行提交并说明理由。"


class NothingToCorrect(Problem):
    """These questions have no answer yet that could be corrected."""

    status = 409
    zh = "这些问题尚无可更正的答案。"


class VisitNotDone(Problem):
    """Answers belong to a visit that took place."""

    status = 409
    zh = "只有已完成的入户核查才有答案。"
    constraint = "ct_answer_of_done_visit"


class AnsweredMeanwhile(Problem):
    """Somebody else answered or corrected the same question meanwhile; look at it again."""

    status = 409
    zh = "他人已在此期间回答或更正了同一问题，请重新查看。"
    constraint = "uq_answer_corrects"


class ConflictDecided(Problem):
    """This conflict has been decided, or the answer that it contradicts was corrected since."""

    status = 409
    zh = "该冲突已经裁定，或所冲突的答案已被更正。"


class NoHouseholdColumn(Problem):
    """The table has no column for the household, or none for the checklist's version: it is not a packet's return."""

    status = 422
    zh = "表中没有户编号列或核查表版本列，不是填好的核查包。"


class ReportTooLong(Problem):
    """A printed report lists at most so many findings (`most`); ask for the list as a workbook."""

    status = 409
    zh = "报告所列问题超过上限（见 most），请改为导出清单。"


class CampaignEndsBeforeItBegins(Problem):
    """A campaign ends on a later day than it was launched."""

    status = 422
    zh = "主题活动的结束日期须晚于启动日期。"
    constraint = "ck_campaign_days"
