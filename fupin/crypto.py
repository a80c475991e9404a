"""Personal data at rest: sealed values, the blind index that finds them again, and the masks that show them.

A sealed value is AES-256-GCM with a random 96-bit nonce, laid out as one byte of key version, the nonce, the
ciphertext and its 16-byte tag. The associated data is the version and a context such as
"registry.member.id_number", so a value copied into another column does not open. Random nonces are safe for
2^32 values a key (NIST SP 800-38D, 8.3); rotate long before that by adding a version (`fupin rotate-keys`).
"""

import hmac
import json
import os
import time
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fupin.settings import secret_file

KEY = 32
NONCE = 12
INDEX = 16
LOOK = 5.0  # seconds in which every running service seals with a new current key


class Unsealable(Exception):
    """The value was sealed for another place, with a key that is not here, or has been tampered with."""


class BadKeys(ValueError):
    """The key ring is not readable; the message says which part, never its content."""


class _Ring(NamedTuple):
    """The keys at one moment."""

    keys: Mapping[int, AESGCM]
    current: int


class Vault:
    """Seals, opens and indexes values with a ring of versioned keys; the current one seals, all of them open.

    >>> vault = Vault({1: bytes(32)}, current=1, index_key=bytes(32))
    >>> vault.open(vault.seal("13800138000", "registry.household.phone"), "registry.household.phone")
    '13800138000'
    """

    def __init__(self, keys: Mapping[int, bytes], current: int, index_key: bytes) -> None:
        if current not in keys:
            raise BadKeys("the current key version is not among the keys")
        if not all(0 <= version <= 255 for version in keys):
            raise BadKeys("key versions are 0 to 255")
        if not all(len(key) == KEY for key in (*keys.values(), index_key)):
            raise BadKeys(f"every key is {KEY} bytes")
        self._ring = _Ring({version: AESGCM(key) for version, key in keys.items()}, current)
        self._index_key = index_key

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The ring as settings hold it: {"current": 1, "keys": {"1": base64}, "index": base64}."""
        try:
            ring = json.loads(text)
            keys = {int(version): b64decode(key, validate=True) for version, key in ring["keys"].items()}
            return cls(keys, int(ring["current"]), b64decode(ring["index"], validate=True))
        except BadKeys:
            raise
        except (ValueError, KeyError, TypeError, AttributeError):
            # `from None`: the parser's own message quotes what it read, and what it read is a key.
            raise BadKeys('the key ring must read {"current": 1, "keys": {"1": base64}, "index": base64}') from None

    @property
    def current(self) -> int:
        """The version of the key that seals."""
        return self._sealing().current

    @property
    def versions(self) -> frozenset[int]:
        """The versions of the keys that open."""
        return frozenset(self._ring.keys)

    def seal(self, value: str | bytes, context: str) -> bytes:
        return self._seal(value, context, os.urandom(NONCE))

    def open(self, blob: bytes, context: str) -> str:
        """The text that was sealed. Raises `Unsealable`."""
        return self.open_bytes(blob, context).decode()

    def open_bytes(self, blob: bytes, context: str) -> bytes:
        """Like `open` for what is not text: a part of a file. Raises `Unsealable`."""
        cipher = self._key(blob[0]) if len(blob) > NONCE else None
        if cipher is None:
            raise Unsealable("no key of that version")
        try:
            return cipher.decrypt(blob[1 : 1 + NONCE], blob[1 + NONCE :], _bound(blob[0], context))
        except InvalidTag:
            raise Unsealable("not sealed with this key for this place") from None

    def seal_many(self, values: Iterable[str | bytes | None], context: str) -> list[bytes | None]:
        """Like `seal` for a column, in the same order; an absent value stays absent."""
        column = list(values)
        nonces = os.urandom(NONCE * len(column))
        ring = self._sealing()
        version, bound = bytes([ring.current]), _bound(ring.current, context)
        encrypt = ring.keys[ring.current].encrypt
        sealed: list[bytes | None] = []
        for at, value in enumerate(column):
            if value is None:
                sealed.append(None)
                continue
            nonce = nonces[at * NONCE : (at + 1) * NONCE]
            plain = value.encode() if isinstance(value, str) else value
            sealed.append(version + nonce + encrypt(nonce, plain, bound))
        return sealed

    def open_many(self, blobs: Iterable[bytes | None], context: str) -> list[str | None]:
        return [None if blob is None else self.open(blob, context) for blob in blobs]

    def index(self, text: str, context: str) -> bytes:
        """The blind index of a value: equal for equal values of one context; without the key it says nothing else."""
        message = context.encode() + b"\0" + normalised(text).encode()
        return hmac.digest(self._index_key, message, "sha256")[:INDEX]

    def index_many(self, values: Iterable[str | None], context: str) -> list[bytes | None]:
        """Like `index` for a column, in the same order; an absent value stays absent."""
        key, start, digest = self._index_key, context.encode() + b"\0", hmac.digest
        return [
            None if value is None else digest(key, start + normalised(value).encode(), "sha256")[:INDEX]
            for value in values
        ]

    def _seal(self, value: str | bytes, context: str, nonce: bytes) -> bytes:
        plain = value.encode() if isinstance(value, str) else value
        ring = self._sealing()
        sealed = ring.keys[ring.current].encrypt(nonce, plain, _bound(ring.current, context))
        return bytes([ring.current]) + nonce + sealed

    def _sealing(self) -> _Ring:
        return self._ring

    def _key(self, version: int) -> AESGCM | None:
        return self._ring.keys.get(version)


class FileVault(Vault):
    """The vault whose key ring stands in a file; made on first use, readable by its owner alone.

    Of several processes that start together one makes the ring and all read the same. The vault follows the file:
    keys are rotated while services run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        secret_file(path, lambda: new_ring().encode())
        self._stamp, self._looked = _stamp(path), time.monotonic()
        read = Vault.from_text(path.read_text())
        self._ring, self._index_key = read._ring, read._index_key

    def _sealing(self) -> _Ring:
        if time.monotonic() - self._looked > LOOK:
            self._look()
        return self._ring

    def _key(self, version: int) -> AESGCM | None:
        if version not in self._ring.keys:  # another process already seals with a newer one
            self._look()
        return self._ring.keys.get(version)

    def _look(self) -> None:
        self._looked, stamp = time.monotonic(), _stamp(self._path)
        if stamp != self._stamp:
            self._ring = Vault.from_text(self._path.read_text())._ring
            self._stamp = stamp


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def normalised(text: str) -> str:
    """One spelling for one number: full-width forms folded, spaces and hyphens dropped, upper case.

    >>> normalised(" 138-0013 8000"), normalised("99000018991301002x")
    ('13800138000', '99000018991301002X')
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    folded = unicodedata.normalize("NFKC", text)
    kept = "".join(character for character in folded if not character.isspace() and character != "-")
    return unicodedata.normalize("NFKC", kept.upper())


def new_ring() -> str:
    """A fresh key ring of version 1, as text."""
    key, index = (b64encode(os.urandom(KEY)).decode() for _ in range(2))
    return json.dumps({"current": 1, "keys": {"1": key}, "index": index})


def with_new_key(ring: str) -> str:
    """The ring with one more key, which is the current one; the others open what they sealed."""
    found = json.loads(ring)
    following = ((found["current"] + step) % 256 for step in range(1, 256))
    version = next(free for free in following if str(free) not in found["keys"])
    found["keys"][str(version)] = b64encode(os.urandom(KEY)).decode()
    return json.dumps(found | {"current": version})


def with_current_key_only(ring: str) -> str:
    """The ring without the keys that nothing is sealed with any more."""
    found = json.loads(ring)
    current = str(found["current"])
    return json.dumps(found | {"keys": {current: found["keys"][current]}})


def write_ring(path: Path, ring: str) -> None:
    """Put a new ring in the file's place, whole or not at all, for the same owner."""
    Vault.from_text(ring)
    before = path.stat()
    draft = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchown(handle, before.st_uid, before.st_gid)
        file.write(ring)
        file.flush()
        os.fsync(handle)
    draft.replace(path)


def mask_id_number(text: str) -> str:
    """The province and its first county digit, nothing else.

    An ID number is division (6), birth date (8), sequence (3) and a check digit computed from them. Whoever knows
    the village and the birth date needs only the sequence: the customary mask that keeps the last four gives
    exactly that away. So the tail stays hidden, the birth date too.

    >>> mask_id_number("99000018991301002X")
    '990***************'
    """
    number = normalised(text)
    shown = 3 if len(number) >= 15 else 0
    return number[:shown] + "*" * (len(number) - shown)


def mask_phone(text: str) -> str:
    """
    >>> mask_phone("138 0013 8000"), mask_phone("110")
    ('138****8000', '***')
    """
    number = normalised(text)
    if len(number) < 11:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_account(text: str) -> str:
    """
    >>> mask_account("6210 9999 0000 1234 567")
    '***************4567'
    """
    number = normalised(text)
    if len(number) < 8:
        return "*" * len(number)
    return "*" * (len(number) - 4) + number[-4:]


def mask_name(text: str) -> str:
    """
    >>> mask_name("张三丰"), mask_name("李")
    ('张**', '*')
    """
    name = text.strip()
    return "*" if len(name) == 1 else name[:1] + "*" * (len(name) - 1)


def _bound(version: int, context: str) -> bytes:
    return bytes([version]) + context.encode()
