"""What pydantic finds wrong, in plain English and Chinese, without the value."""

from collections.abc import Mapping
from typing import Any

_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("this field is required", "必填"),
    "extra_forbidden": ("this field is not known here", "此处没有该字段"),
    "int_parsing": ("must be a whole number", "必须是整数"),
    "int_type": ("must be a whole number, without quotes or a point", "必须是整数，不加引号，不带小数点"),
    "int_from_float": ("must be a whole number", "必须是整数"),
    "int_parsing_size": ("is too large a number", "数值过大"),
    "float_parsing": ("must be a number", "必须是数字"),
    "float_type": ("must be a number, without quotes", "必须是数字，不加引号"),
    "finite_number": ("must be a finite number", "必须是有限数值"),
    "decimal_parsing": ("must be a decimal number", "必须是小数"),
    "bool_parsing": ("must be true or false", "必须是 true 或 false"),
    "bool_type": ("must be true or false", "必须是 true 或 false"),
    "string_type": ("must be text", "必须是文本"),
    "string_too_short": ("must have at least {min_length} characters", "至少 {min_length} 个字符"),
    "string_too_long": ("must have at most {max_length} characters", "最多 {max_length} 个字符"),
    "string_pattern_mismatch": ("must match the pattern {pattern}", "必须符合格式 {pattern}"),
    "greater_than": ("must be greater than {gt}", "必须大于 {gt}"),
    "greater_than_equal": ("must be at least {ge}", "不得小于 {ge}"),
    "less_than": ("must be less than {lt}", "必须小于 {lt}"),
    "less_than_equal": ("must be at most {le}", "不得大于 {le}"),
    "enum": ("must be one of {expected}", "必须是下列值之一：{expected}"),
    "literal_error": ("must be one of {expected}", "必须是下列值之一：{expected}"),
    "date_from_datetime_parsing": ("must be a date like 2018-05-17", "必须是日期，例如 2018-05-17"),
    "date_parsing": ("must be a date like 2018-05-17", "必须是日期，例如 2018-05-17"),
    "date_type": ("must be a date like 2018-05-17", "必须是日期，例如 2018-05-17"),
    "datetime_parsing": ("must be a time like 2018-05-17T08:00:00+08:00", "必须是时间，例如 2018-05-17T08:00:00+08:00"),
    "timezone_aware": ("must carry an offset, like +08:00", "必须带时区，例如 +08:00"),
    "uuid_parsing": ("must be a UUID", "必须是 UUID"),
    "uuid_type": ("must be a UUID", "必须是 UUID"),
    "list_type": ("must be a list", "必须是列表"),
    "dict_type": ("must be an object", "必须是对象"),
    "model_type": ("must be an object", "必须是对象"),
    "model_attributes_type": ("must be an object", "必须是对象"),
    "too_short": ("must have at least {min_length} items", "至少 {min_length} 项"),
    "too_long": ("must have at most {max_length} items", "最多 {max_length} 项"),
}


def translate(kind: str, message: str, ctx: Mapping[str, Any]) -> tuple[str, str]:
    """
    English and Chinese words for one pydantic error type.

    A validator of ours raises `ValueError("english｜中文")`; its words are taken as they are. Anything else that
    pydantic says may quote the input, so it becomes a general sentence.
    """
    if kind == "value_error":
        en, _, zh = message.removeprefix("Value error, ").partition("｜")
        return en, zh or en
    en, zh = _WORDS.get(kind, ("is not as expected here", "不符合要求"))
    try:
        return en.format_map(ctx), zh.format_map(ctx)
    except KeyError:
        return en, zh
