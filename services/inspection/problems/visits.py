"""Visits, checklists, answers."""

from fupin.problems import Problem


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
