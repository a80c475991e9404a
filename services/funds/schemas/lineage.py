from datetime import date
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer
from services.funds.codes import JournalSource, ReceiptKind


class Piece(Answer):
    """Some fen on their way: which money came in, and the household's line that it paid."""

    from_fen: int = Field(description="Its place among all fen that ever came into the shared account.")
    amount_fen: int
    came_on: date
    source: JournalSource
    receipt_id: UUID | None
    receipt_kind: ReceiptKind | None
    loan_id: UUID | None
    loan_no: str | None
    appropriation_id: UUID | None
    document_no: str | None
    distribution_id: UUID
    year: int
    sequence: int
    line_no: int
    household_id: UUID
    household_no: str
    division_code: str
    paid_on: date | None = Field(description="The day the bank paid the household; null until then.")


class PiecePage(Page[Piece]): ...


class Reach(Answer):
    """What became of money that came into the shared account; `came_in_fen` is the sum of the other three."""

    came_in_fen: int
    reached_fen: int = Field(description="Posted to households.")
    elsewhere_fen: int = Field(description="Left the account in another way, by a hand-made transfer.")
    left_fen: int = Field(description="Still in the shared account.")
    paid_fen: int = Field(description="Of what reached households, paid by the bank.")
    households: int
    lines: int
