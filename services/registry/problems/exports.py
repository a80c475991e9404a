from fupin.problems import Problem


class TooLongForWorkbook(Problem):
    """A workbook's sheet holds 1,048,576 rows and this list is longer; take CSV, or a smaller division."""

    status = 422
    zh = "工作表最多1048576行，该清单超出；请改用CSV，或缩小行政区划范围。"
