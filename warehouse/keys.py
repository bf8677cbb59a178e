"""The master key and the keys derived from it. The master key itself is used for nothing else."""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from warehouse.errors import SettingsError, WarehouseError
from warehouse.private_files import read_or_create
from warehouse.settings import Settings

NONCE_BYTES = 12
KEY_BYTES = 32
_SHORTEST_MASTER_KEY = 32
_TOKEN_BYTES = 16


def master_key(settings: Settings) -> bytes:
    """The master key: from BANKLOOP_MASTER_KEY, or generated beside the embedded server.

    Raises:
        SettingsError: it is too short, or missing while BANKLOOP_WAREHOUSE_URL is set.
    """
    if settings.master_key is not None:
        text = settings.master_key.get_secret_value()
    elif settings.warehouse_url is None:
        path = settings.secrets_dir / "master_key"
        text = read_or_create(path, lambda: secrets.token_urlsafe(KEY_BYTES))
    else:
        raise _unusable("none, while BANKLOOP_WAREHOUSE_URL is set")
    if len(text) < _SHORTEST_MASTER_KEY:
        raise _unusable(f"{len(text)} characters")
    return text.encode()


class Mac:
    """HMAC-SHA256 (RFC 2104) of many short messages under one key.

    The two padded key blocks are hashed once and copied, which halves the time per message.
    """

    def __init__(self, key: bytes) -> None:
        block = key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """The 32 bytes of one message's code."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


class KeyRing:
    """Keys derived from the master key by HKDF-SHA256 (RFC 5869), one per use."""

    def __init__(self, master: bytes) -> None:
        self._token_mac = Mac(_derive(master, b"bankloop token v1"))
        self._value_mac = Mac(_derive(master, b"bankloop value hmac v1"))
        self._wrap = AESGCM(_derive(master, b"bankloop key wrap v1"))
        self.check_value = Mac(_derive(master, b"bankloop check v1")).digest(b"")

    def token(self, column: str, value: str) -> str:
        """HMAC-SHA256 of the normalised value, cut to 128 bits, as 32 hex digits.

        The column name separates domains: equal texts in two columns have different tokens.
        """
        message = f"{column}\x1f{normalise(value)}".encode()
        return self._token_mac.digest(message)[:_TOKEN_BYTES].hex()

    def value_hmac(self, token: str, value: str) -> bytes:
        """HMAC of the exact value: compares two vaults without revealing either."""
        return self._value_mac.digest(f"{token}{value}".encode())[:_TOKEN_BYTES]

    def wrap(self, key: bytes, owner: str) -> bytes:
        """Encrypt a data key; `owner` is authenticated, so keys cannot be swapped."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, key, owner.encode())

    def unwrap(self, wrapped: bytes, owner: str) -> AESGCM:
        """The cipher of a wrapped data key.

        Raises:
            WarehouseError: it was wrapped with another master key or for another owner.
        """
        try:
            key = self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())
        except InvalidTag as error:
            raise wrong_master_key("a data key cannot be unwrapped") from error
        return AESGCM(key)


def normalise(value: str) -> str:
    """Unicode NFKC, no case, single spaces: what is the same to people has the same token."""
    text = value if value.isascii() else unicodedata.normalize("NFKC", value)
    return " ".join(text.casefold().split())


def wrong_master_key(found: str) -> WarehouseError:
    """The error for a vault that was written with another master key."""
    return WarehouseError(
        expected="the master key that the vault was written with",
        found=found,
        where="BANKLOOP_MASTER_KEY, or secrets/master_key in the var folder",
        remedy="restore the old key: without it personal data cannot be read",
    )


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)


def _unusable(found: str) -> SettingsError:
    return SettingsError(
        expected=f"a master key of at least {_SHORTEST_MASTER_KEY} random characters",
        found=found,
        where="BANKLOOP_MASTER_KEY",
        remedy="make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    )
