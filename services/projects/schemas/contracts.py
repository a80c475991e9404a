from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.schemas.fields import Prose, Reference, example
from services.projects.schemas.library import On
from services.projects.schemas.tenders import Number, Price

SomeEntries = Annotated[list[UUID], Field(min_length=1, max_length=100)]
Share = Annotated[int | None, Field(description="In millionths, rounded down; null when there is nothing to share.")]
Books = Annotated[int | None, Field(description="In the county's books; null to who acts for a part of the county.")]


class NewContract(Body):
    model_config = example(
        award_id="0198c6a0-0000-7000-8000-000000000003",
        contract_no="2018-HT-01",
        signed_on="2018-05-14",
        starts_on="2018-05-15",
        ends_on="2018-10-31",
    )

    award_id: UUID
    contract_no: Number
    signed_on: On = None
    starts_on: date
    ends_on: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on must not be before starts_on｜结束日期不得早于开始日期")
        return self


class Contract(Answer):
    """A contract as it stands after its last amendment."""

    id: UUID
    award_id: UUID
    tender_id: UUID
    lot_no: int
    project_id: UUID
    division_code: str
    contract_no: str
    supplier_id: UUID
    uscc: str
    supplier: str
    awarded_fen: int
    amount_fen: int
    paid_fen: int
    signed_on: date
    starts_on: date
    ends_on: date
    amendments: int
    recorded_at: Instant


class ContractPage(Page[Contract]): ...


class NewAmendment(Body):
    model_config = example(
        amount_fen=498_000_000,
        ends_on="2018-11-15",
        amended_on="2018-06-20",
        reason="增加二次消毒设备",
        document_ref="变更协议2018-01",
    )

    amount_fen: Price
    ends_on: date
    amended_on: On = None
    reason: Prose
    document_ref: Reference
    budget_approval: Annotated[
        Reference | None,
        Field(description="The document by which the county let the project's contracts exceed its budget."),
    ] = None


class Amendment(Answer):
    id: UUID
    contract_id: UUID
    seq: int
    amount_fen: int
    ends_on: date
    amended_on: date
    reason: str
    document_ref: str
    budget_approval: str | None
    amended_by: str
    recorded_at: Instant


class AmendmentPage(Page[Amendment]): ...


class NewPayments(Body):
    """Expenditures of the county's books that were made on the contract."""

    model_config = example(entry_ids=["0198c6a0-0000-7000-8000-000000000004"])

    entry_ids: SomeEntries


class Payment(Answer):
    """An expenditure, as the county's books had it when it was recorded on the contract."""

    id: UUID
    contract_id: UUID
    project_id: UUID
    entry_id: UUID
    amount_fen: int
    paid_on: date
    payee: str
    document_no: str
    reversed_on: date | None
    recorded_by: str
    recorded_at: Instant


class PaymentPage(Page[Payment]): ...


class PaymentList(Answer):
    items: list[Payment]


class Expense(Answer):
    """An expenditure for a project as the county's books have it now."""

    entry_id: UUID
    appropriation_id: UUID
    document_no: str
    journal_id: UUID
    amount_fen: int
    paid_on: date
    payee: str
    reversed_on: date | None
    contract_id: UUID | None


class Expenditure(Answer):
    """What a project may cost, is contracted for, was granted and has cost."""

    budget_fen: int
    contracted_fen: int
    granted_fen: Annotated[int, Field(description="Planned for the project from appropriations, and approved.")]
    paid_fen: int
    paid_on_contracts_fen: int
    paid_ppm: Annotated[Share, Field(description="Paid of the budget.")]
    expenses: list[Expense]


class Progress(Answer):
    """How far a project is on a day, by its milestones and by its money."""

    on: date
    milestones: int
    reached: int
    late: int
    reached_ppm: Share
    budget_fen: int
    contracted_fen: int
    paid_fen: Books
    paid_ppm: Share


class ProgressGroup(Answer):
    """Projects counted together; a key that was not asked for is null."""

    town: str | None
    category: ProjectCategory | None
    programme: Programme | None
    state: LibraryState | None
    projects: int
    milestones: int
    reached: int
    late: int
    reached_ppm: Share
    budget_fen: int
    contracted_fen: int
    paid_fen: Books
    paid_ppm: Share


class ProgressStatistics(Answer):
    on: date
    group_by: list[str]
    groups: list[ProgressGroup]
