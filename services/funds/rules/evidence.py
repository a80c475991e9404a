"""
Whether an export of the ledger (账簿导出) holds together, reckoned from its lines alone: no database, no network.

An auditor gives `verify` the lines of `GET /v1/ledger/export`; `fupin verify-ledger` gives it a file, or the same rows
read with the service's login. `verify_proof` checks that one line is under a seal, given the answer of
`GET /v1/journals/{id}/proof` and a seal's hash known from elsewhere (a printed notice).

Hashes: the digest of a journal is SHA-256 over the JSON list of its fields; a leaf SHA-256(0x00, digest, line); a node
SHA-256(0x01, left, right), as in RFC 9162, section 2.1; a seal SHA-256(previous hash, number of lines as eight bytes,
root).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from services.funds.codes import DayCount, LoanKind
from services.funds.problems.distributions import NobodyToPay, PotAboveCaps, PotBelowFloors
from services.funds.rules import plans, shares

LINE = ("line", "debit", "credit", "amount_fen", "debit_seq", "debit_net_fen", "credit_seq", "credit_net_fen")
JOURNAL = (
    "id", "county_code", "idem_key", "request_hash", "n_lines", "effective_on", "posted_at", "xid", "actor", "memo",
    "source", "source_id", "reverses",
)  # fmt: skip
FORMAT = "fupin-ledger-1"
LONGEST_HOLIDAY = 14  # days; the spring festival with a weekend on either side


@dataclass
class Report:
    """What was counted, and every disagreement in words."""

    journals: int = 0
    lines: int = 0
    accounts: int = 0
    seals: int = 0
    sealed_journals: int = 0
    loans: int = 0
    distributions: int = 0
    debit_fen: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.wrong


def digest(journal: Mapping[str, Any]) -> bytes:
    """Of a journal without its lines. The JSON is PostgreSQL's: a comma and a space between values."""
    return sha256(json.dumps([journal[name] for name in JOURNAL], ensure_ascii=False).encode()).digest()


def leaf(journal: bytes, line: Sequence[int]) -> bytes:
    """Of one line, its numbers in the order of `LINE`."""
    return sha256(b"\0" + journal + ":".join(map(str, line)).encode()).digest()


def _above(level: Sequence[bytes]) -> list[bytes]:
    nodes = [sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    return [*nodes, level[-1]] if len(level) % 2 else nodes


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree's root; SHA-256 of nothing for no leaves."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else sha256().digest()


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The neighbours on the way from a leaf to the root."""
    level, found = list(leaves), []
    while len(level) > 1:
        if (index ^ 1) < len(level):
            found.append(level[index ^ 1])
        level, index = _above(level), index // 2
    return found


def climb(leaf: bytes, index: int, leaves: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf and its path lead to; None when the path is not one of such a tree."""
    if not 0 <= index < leaves:
        return None
    node, left = leaf, list(path)
    while leaves > 1:
        if (index ^ 1) < leaves:
            if not left:
                return None
            pair = (left.pop(0), node) if index % 2 else (node, left.pop(0))
            node = sha256(b"\1" + pair[0] + pair[1]).digest()
        index, leaves = index // 2, (leaves + 1) // 2
    return None if left else node


def seal_hash(previous: str | None, lines: int, root: bytes) -> bytes:
    return sha256(bytes.fromhex(previous or "") + lines.to_bytes(8, "big", signed=True) + root).digest()


def verify_proof(proof: Mapping[str, Any], hash_: str | None = None) -> bool:
    """Whether every line of a proof is under its seal, and the seal is that with the given hash."""
    seal, journal = proof["seal"], digest(proof["journal"])
    for line in proof["lines"]:
        reached = climb(
            leaf(journal, [line[name] for name in LINE]),
            line["index"],
            seal["lines"],
            [bytes.fromhex(node) for node in line["path"]],
        )
        if reached is None or seal_hash(seal["previous"], seal["lines"], reached).hex() != seal["hash"]:
            return False
    return len(proof["lines"]) == proof["journal"]["n_lines"] and hash_ in (None, seal["hash"])


def verify(export: Iterable[str | bytes]) -> Report:
    """Reckon an export anew. The order of its lines does not matter; unreadable ones are reported, not raised."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    report = Report()
    for number, text in enumerate(export, start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
            rows[row["type"]].append(row)
        except (ValueError, KeyError, TypeError):
            report.wrong.append(f"line {number} of the export is not readable")
    if [head.get("format") for head in rows["export"]] != [FORMAT]:
        report.wrong.append(f"the export does not say, once, that it is {FORMAT}")
    if not rows["end"]:
        report.wrong.append("the export is cut off: it has no end")
    for end in rows["end"]:
        for kind, count in end["rows"].items():
            if len(rows[kind]) != count:
                report.wrong.append(f"{len(rows[kind])} rows of {kind}, of {count}")
    try:
        _journals(rows["journal"], report)
        for loose in rows["loose_line"]:
            report.wrong.append(f"journal {loose['journal_id']}: its line {loose['line']} has no such journal")
        _balances(rows, report)
        _seals(rows["seal"], rows["journal"], report)
        _schedules(rows, report)
        _distributions(rows, report)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        report.wrong.append(f"a row lacks what it must have ({type(error).__name__})")
    return report


def _journals(journals: Sequence[Mapping[str, Any]], report: Report) -> None:
    reversed_: set[str] = set()
    for journal in journals:
        numbers = [line[0] for line in journal["lines"]]
        if numbers != list(range(1, journal["n_lines"] + 1)):
            report.wrong.append(f"journal {journal['id']}: lines are missing or doubled")
        if any(line[1] == line[2] or line[3] <= 0 for line in journal["lines"]):
            report.wrong.append(f"journal {journal['id']}: a line moves nothing from one account to another")
        if journal["reverses"] in reversed_:
            report.wrong.append(f"journal {journal['reverses']} is reversed twice")
        if journal["reverses"] is not None:
            reversed_.add(journal["reverses"])
        report.lines += len(numbers)
        report.debit_fen += sum(line[3] for line in journal["lines"])
    if len({journal["id"] for journal in journals}) != len(journals):
        report.wrong.append("a journal stands twice")
    if len({journal["idem_key"] for journal in journals}) != len(journals):
        report.wrong.append("a key was used for two journals")
    report.journals = len(journals)


def _balances(rows: Mapping[str, list[dict[str, Any]]], report: Report) -> None:
    """Every running balance from the one before, every account's balance from the last."""
    side = {account["id"]: account["side"] for account in rows["account"]}
    entries: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for journal in rows["journal"]:
        for _, debit, credit, fen, debit_seq, debit_net, credit_seq, credit_net in journal["lines"]:
            entries[debit].append((debit_seq, side.get(debit, 0) * fen, debit_net))
            entries[credit].append((credit_seq, -side.get(credit, 0) * fen, credit_net))
    released: dict[str, int] = defaultdict(int)
    for release in rows["hold_release"]:
        released[release["hold_id"]] += release["amount_fen"]
    pending: dict[int, int] = defaultdict(int)
    for hold in rows["hold"]:
        pending[hold["account_id"]] += hold["amount_fen"] - released[hold["id"]]
    for account in rows["account"]:
        name, net = account["code"], 0
        own = sorted(entries.pop(account["id"], []))
        for expected, (seq, delta, after) in enumerate(own, start=1):
            net += delta
            if seq != expected:
                report.wrong.append(f"account {name}: entry {expected} is missing or doubled")
                break
            if after != net:
                report.wrong.append(f"account {name}: the balance after entry {seq} is {after}, not {net}")
                break
        if (account["seq"], account["net_fen"]) != (len(own), net):
            report.wrong.append(f"account {name}: holds {account['net_fen']}, its entries add up to {net}")
        if account["pending_fen"] != pending[account["id"]]:
            report.wrong.append(f"account {name}: {account['pending_fen']} is promised, {pending[account['id']]} held")
    if entries:
        report.wrong.append("lines name accounts that the export does not have")
    report.accounts = len(rows["account"])


def _seals(seals: list[dict[str, Any]], journals: list[dict[str, Any]], report: Report) -> None:
    """Every seal's root from the lines under it, and its hash from the one before."""
    ordered = sorted(journals, key=lambda journal: (int(journal["xid"]), journal["id"]))
    since, previous, first = 0, None, 0
    for expected, seal in enumerate(sorted(seals, key=lambda seal: seal["number"]), start=1):
        upto, last = int(seal["upto"]), first
        while last < len(ordered) and int(ordered[last]["xid"]) < upto:
            last += 1
        under = sorted(ordered[first:last], key=lambda journal: journal["id"])
        leaves = [leaf(made, line) for j in under for made in (digest(j),) for line in j["lines"]]
        if seal["number"] != expected or seal["previous"] != previous or upto < since:
            report.wrong.append(f"seal {seal['number']} does not follow the one before it")
        elif seal["root"] is None:
            report.wrong.append(f"seal {seal['number']} has no root: only the live database can check it")
        elif seal["journals"] != len(under) or seal["lines"] != len(leaves):
            report.wrong.append(f"seal {seal['number']}: {len(leaves)} lines are under it, of {seal['lines']}")
        elif root(leaves).hex() != seal["root"]:
            report.wrong.append(f"seal {seal['number']}: a line under it was changed")
        elif seal_hash(previous, len(leaves), root(leaves)).hex() != seal["hash"]:
            report.wrong.append(f"seal {seal['number']}: its hash does not follow from its root")
        since, previous, first = upto, seal["hash"], last
        report.seals += 1
        report.sealed_journals += len(under)


def _schedules(rows: Mapping[str, list[dict[str, Any]]], report: Report) -> None:
    """
    Every contract's first schedule from its terms, to the fen; its days are the periods' ends or the working day after.

    Later versions are agreed anew by two persons; the journals that they lead to are reckoned as all others.
    """
    first: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for instalment in rows["instalment"]:
        if instalment["version"] == 1 and instalment["penalised_id"] is None:
            first[instalment["loan_id"]].append(instalment)
    for loan in rows["loan"]:
        terms = plans.Terms(
            LoanKind[loan["kind"]],
            loan["principal_fen"],
            date.fromisoformat(loan["start_on"]),
            loan["term_years"],
            loan["yearly_contribution_fen"],
            loan["rate_ppm"],
            loan["periods_per_year"],
            DayCount[loan["day_count"]],
        )
        planned = {(due.period_no, due.kind.value): due for due in plans.plan(terms, lambda day: day)}
        stands = {(i["period_no"], i["kind"]): i for i in first[loan["id"]]}
        if {key: due.amount_fen for key, due in planned.items()} != {k: i["amount_fen"] for k, i in stands.items()}:
            report.wrong.append(f"loan {loan['loan_no']}: its schedule does not follow from its terms")
        for key in planned.keys() & stands.keys():
            moved = (date.fromisoformat(stands[key]["due_on"]) - planned[key].due_on).days
            if not 0 <= moved <= LONGEST_HOLIDAY:
                report.wrong.append(f"loan {loan['loan_no']}: period {key[0]} is due {moved} days from its end")
        report.loans += 1


def _distributions(rows: Mapping[str, list[dict[str, Any]]], report: Report) -> None:
    """Every allocation from its stored inputs, to the same shares and the same hash."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in rows["distribution_line"]:
        lines[line["distribution_id"]].append(line)
    rules = {rule["id"]: rule for rule in rows["distribution_rule"]}
    for found in rows["distribution"]:
        if found["batch_hash"] is None:
            continue
        report.distributions += 1
        name = f"distribution {found['header']['year']}/{found['header']['sequence']}"
        own = sorted(lines[found["id"]], key=lambda line: line["line_no"])
        needs = [shares.Needs(*(line[key] for key in shares.NEEDS)) for line in own]
        rule = rules[found["rule_id"]]
        shown = {key: value for key, value in rule.items() if key != "type"}
        records = (
            (line["household_id"], line["household_no"], line["division_code"], need, line["share_fen"])
            for line, need in zip(own, needs, strict=True)
        )
        if shares.batch_hash(found["header"] | {"rule": shown}, records).hex() != found["batch_hash"]:
            report.wrong.append(f"{name}: its lines do not give its hash")
        points = SimpleNamespace(**shown)
        try:
            again = shares.allocate(
                found["header"]["pot_fen"],
                [shares.need(points, need) for need in needs],
                floor_fen=rule["floor_fen"],
                cap_fen=rule["cap_fen"],
            )
        except (NobodyToPay, PotBelowFloors, PotAboveCaps):
            report.wrong.append(f"{name}: no shares follow from its inputs")
            continue
        if [share.fen for share in again.shares] != [line["share_fen"] for line in own]:
            report.wrong.append(f"{name}: its shares do not follow from its inputs")
