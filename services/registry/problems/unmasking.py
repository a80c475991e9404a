from fupin.problems import Problem


class TooManyUnmasked(Problem):
    """This person has unmasked as many records within the hour as the deployment allows; wait, or ask for a list."""

    status = 429
    zh = "该人员一小时内查看的明文信息已达上限，请稍后再试，或申请导出清单。"

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.headers = {"Retry-After": str(wait)}
