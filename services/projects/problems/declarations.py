from fupin.problems import Problem


class SheetRefused(Problem):
    """Rows of the sheet are bad, so nothing of it was taken; the errors say which cells and why."""

    status = 422
    zh = "申报表中有错误的行，全部未导入；错误清单列出了单元格和原因。"


class SheetOfOther(Problem):
    """Only who sent a sheet gets it back."""

    status = 403
    zh = "申报表只返还给上传者本人。"


class SheetDiscarded(Problem):
    """The sheet is no longer kept."""

    status = 410
    zh = "申报表已不再保存。"
