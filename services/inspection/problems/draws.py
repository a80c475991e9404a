"""Plans, frames, draws."""

from fupin.problems import Problem


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


class NotDrawnYet(Problem):
    """There is nothing to schedule before the plan's sample is drawn."""

    status = 409
    zh = "计划尚未抽取样本，无法编制日程。"
