from fupin.problems import Problem


class NotYourPosition(Problem):
    """The position is not one that this feed gave out to a reader of your division; start again without `after`."""

    status = 400
    zh = "变更位置无效或属于其他行政区划的读取者，请去掉 after 重新开始。"
