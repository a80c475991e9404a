"""Which columns hold sealed values, and the context each is sealed for (`fupin.crypto`); `fupin rotate-keys` reads it.

A table's history (`household_version`) holds the same values as the table.
"""

SEALED = {
    "household.phone_enc": "registry.household.phone",
    "household.bank_account_enc": "registry.household.bank_account",
    "household_version.phone_enc": "registry.household.phone",
    "household_version.bank_account_enc": "registry.household.bank_account",
    "member.id_number_enc": "registry.member.id_number",
    "member.disability_certificate_enc": "registry.member.disability_certificate",
    "member_version.id_number_enc": "registry.member.id_number",
    "member_version.disability_certificate_enc": "registry.member.disability_certificate",
    "change_request.proposal_enc": "registry.change_request.proposal",
    "roster_row.id_number_enc": "registry.roster_row.id_number",
    "upload_chunk.content_enc": "registry.upload",
}
