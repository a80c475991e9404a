"""What personal data is promised: sealed at rest, found only by the key, shown only in part."""

import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fupin.crypto import (
    BadKeys,
    FileVault,
    Unsealable,
    Vault,
    mask_account,
    mask_id_number,
    mask_name,
    mask_phone,
    normalised,
)

PLACE = "registry.member.id_number"
VAULT = Vault({1: b"1" * 32, 2: b"2" * 32}, current=2, index_key=b"i" * 32)

texts = st.text(max_size=60)
numbers = st.from_regex(r"\A[1-9][0-9]{16}[0-9X]\Z")


@given(texts)
def test_what_is_sealed_opens_again(text: str) -> None:
    assert VAULT.open(VAULT.seal(text, PLACE), PLACE) == text


@given(texts)
def test_two_seals_of_one_value_share_nothing_but_the_key_version(text: str) -> None:
    one, other = VAULT.seal(text, PLACE), VAULT.seal(text, PLACE)
    assert one[0] == other[0] == 2
    assert one[1:13] != other[1:13]
    assert len(one) == 1 + 12 + len(text.encode()) + 16


@given(texts, st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_does_not_open(text: str, at: int, flip: int) -> None:
    blob = bytearray(VAULT.seal(text, PLACE))
    blob[at % len(blob)] ^= flip
    with pytest.raises(Unsealable):
        VAULT.open(bytes(blob), PLACE)


@given(texts)
def test_a_value_moved_to_another_column_does_not_open(text: str) -> None:
    with pytest.raises(Unsealable):
        VAULT.open(VAULT.seal(text, PLACE), "registry.household.phone")


@pytest.mark.parametrize("blob", [b"", b"\x02", b"\x02" + bytes(12), b"\x09" + bytes(40)])
def test_what_was_never_sealed_does_not_open(blob: bytes) -> None:
    with pytest.raises(Unsealable):
        VAULT.open(blob, PLACE)


def test_an_older_key_still_opens_but_no_longer_seals() -> None:
    before = Vault({1: b"1" * 32}, current=1, index_key=b"i" * 32)
    blob = before.seal("13800138000", PLACE)
    assert VAULT.open(blob, PLACE) == "13800138000"
    assert (blob[0], VAULT.seal("13800138000", PLACE)[0]) == (1, 2)


@given(st.lists(st.none() | texts))
def test_a_column_is_sealed_in_order_and_its_gaps_stay_gaps(column: list[str | None]) -> None:
    sealed = VAULT.seal_many(column, PLACE)
    assert VAULT.open_many(sealed, PLACE) == column
    nonces = [blob[1:13] for blob in sealed if blob is not None]
    assert len(set(nonces)) == len(nonces)


@given(numbers, numbers)
def test_the_blind_index_is_equal_for_equal_numbers_only(one: str, other: str) -> None:
    assert (VAULT.index(one, PLACE) == VAULT.index(other, PLACE)) == (one == other)
    assert len(VAULT.index(one, PLACE)) == 16


def test_the_blind_index_overlooks_spelling_but_not_place_or_key() -> None:
    index = VAULT.index("99000018991301002X", PLACE)
    assert VAULT.index(" 990000 18991301 002x ", PLACE) == index
    assert VAULT.index("990000-18991301-002X", PLACE) == index
    assert VAULT.index("99000018991301002X", "registry.roster_row.id_number") != index
    assert Vault({1: b"1" * 32}, 1, b"j" * 32).index("99000018991301002X", PLACE) != index


@given(texts)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_many_processes_starting_together_make_one_key_ring(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "pii_keys"
    with ThreadPoolExecutor(16) as pool:
        vaults = list(pool.map(lambda _: FileVault(path), range(64)))
    assert len({vault.index("x", PLACE) for vault in vaults}) == 1
    assert vaults[0].open(vaults[-1].seal("x", PLACE), PLACE) == "x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in path.parent.iterdir()] == ["pii_keys"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"current": 1, "keys": {"1": "c2hvcnQ="}, "index": "c2hvcnQ="}',
        '{"current": 2, "keys": {"1": "SECRETSECRET"}, "index": "x"}',
        '{"current": 1, "keys": [1], "index": "x"}',
    ],
)
def test_an_unreadable_key_ring_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(BadKeys) as refusal:
        Vault.from_text(text)
    assert "SECRET" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@given(numbers)
def test_a_masked_id_number_and_the_birth_date_leave_five_hundred_people(number: str) -> None:
    masked = mask_id_number(number)
    assert len(masked) == 18
    assert masked == number[:3] + "*" * 15
    # Sequence and check digit, the part that singles a person out, are hidden completely: even with village and
    # birth date known, all 1,000 sequences (500 of one sex) remain, each with its own check digit.
    assert all(
        mask_id_number(f"{number[:14]}{seq:03d}{check}") == masked for seq, check in product(range(0, 1000, 111), "0X")
    )


@given(st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.from_regex(r"\A62[0-9]{14,17}\Z"))
def test_masks_keep_the_length_and_show_few_digits(phone: str, account: str) -> None:
    assert mask_phone(phone) == f"{phone[:3]}****{phone[-4:]}"
    assert mask_account(account) == "*" * (len(account) - 4) + account[-4:]


@given(st.text(max_size=7))
def test_something_too_short_to_be_a_number_is_hidden_whole(text: str) -> None:
    for mask in (mask_id_number, mask_phone, mask_account):
        assert set(mask(normalised(text)[:7])) <= {"*"}


def test_a_masked_name_keeps_the_surname() -> None:
    assert mask_name("欧阳小花") == "欧***"
    assert mask_name("李") == "*"
    assert mask_name("") == ""
