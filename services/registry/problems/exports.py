from types import MappingProxyType

from fupin.problems import Problem


class TooLongForWorkbook(Problem):
    """A workbook's sheet holds 1,048,576 rows and this list is longer; take CSV, or a smaller division."""

    status = 422
    zh = "工作表最多1048576行，该清单超出；请改用CSV，或缩小行政区划范围。"


class TooManyExports(Problem):
    """As many exports are running as the service lets run at once; try again when one has ended."""

    status = 503
    zh = "同时进行的导出已达上限，请待其结束后重试。"
    headers = MappingProxyType({"Retry-After": "30"})
