"""Tables that a phone shows row by row, each row a card."""

import re
from itertools import chain, repeat

HEAD = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(td|th)\b")


def headed(html: str) -> str:
    """
    The inside of a table, each cell with its column's heading beside it (`data-head`).

    >>> head = '<thead><tr><th scope="col">Town</th><th scope="col">Rows</th></tr></thead>'
    >>> headed(head + "<tr><th>A</th><td>7</td></tr>").removeprefix(head)
    '<tr><th>A</th><td data-head="Rows">7</td></tr>'
    """
    head, end, body = html.partition("</thead>")
    names = [re.sub(r"<[^>]+>", "", name).strip().replace('"', "&quot;") for name in HEAD.findall(head)]

    def named(row: re.Match[str]) -> str:
        of_cell = chain(names, repeat(""))
        return CELL.sub(lambda cell: _begun(cell[1], next(of_cell)), row[0])

    return head + end + ROW.sub(named, body)


def _begun(kind: str, name: str) -> str:
    return f'<td data-head="{name}"' if kind == "td" and name else f"<{kind}"
