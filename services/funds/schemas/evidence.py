from typing import Any

from pydantic import Field

from fupin.schemas import Answer


class ProvenLine(Answer):
    line: int
    debit: int = Field(description="The debit account's number, as the export has it.")
    credit: int
    amount_fen: int
    debit_seq: int
    debit_net_fen: int
    credit_seq: int
    credit_net_fen: int
    index: int = Field(description="Its place among the seal's lines, from 0.")
    path: list[str] = Field(description="The neighbours on the way to the root, hexadecimal.")


class SealOver(Answer):
    number: int
    lines: int
    root: str
    previous: str | None
    hash: str


class Proof(Answer):
    journal: dict[str, Any] = Field(description="The fields that the journal's digest is made of, in their order.")
    lines: list[ProvenLine]
    seal: SealOver
