import hashlib
import hmac

import pytest
from pydantic import SecretStr

from warehouse.errors import SettingsError, WarehouseError
from warehouse.keys import KeyRing, Mac, master_key, normalise
from warehouse.settings import Settings

RING = KeyRing(b"a" * 40)


@pytest.mark.parametrize("message", [b"", b"short", b"long" * 100])
def test_mac_is_hmac_sha256(message: bytes) -> None:
    assert Mac(b"k" * 32).digest(message) == hmac.digest(b"k" * 32, message, "sha256")


@pytest.mark.parametrize(
    ("left", "right"),
    [("Anna  Li", "anna li"), (" A1 ", "a1"), ("１３８", "138"), ("ﬁn", "fin"), ("é", "é")],
)
def test_what_is_the_same_to_people_has_the_same_token(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)
    assert RING.token("name", left) == RING.token("name", right)


def test_tokens_differ_by_value_by_column_and_by_master_key() -> None:
    tokens = {
        RING.token("mobile", "1"),
        RING.token("mobile", "2"),
        RING.token("document", "1"),
        KeyRing(b"b" * 40).token("mobile", "1"),
    }
    assert len(tokens) == 4


def test_tokens_are_keyed_and_short() -> None:
    token = RING.token("mobile", "13800000000")
    assert len(token) == 32
    for plain in (b"13800000000", b"mobile\x1f13800000000"):
        assert not hashlib.sha256(plain).hexdigest().startswith(token)


def test_a_wrapped_key_opens_for_its_owner_only() -> None:
    wrapped = RING.wrap(b"k" * 32, "P1")
    assert RING.unwrap(wrapped, "P1")
    for ring, owner in ((RING, "P2"), (KeyRing(b"b" * 40), "P1")):
        with pytest.raises(WarehouseError, match="master key"):
            ring.unwrap(wrapped, owner)


def test_a_team_warehouse_needs_its_master_key_from_the_environment() -> None:
    url = SecretStr("postgresql://u@h/d")
    with pytest.raises(SettingsError, match="BANKLOOP_MASTER_KEY"):
        master_key(Settings(warehouse_url=url))
    with pytest.raises(SettingsError, match="5 characters"):
        master_key(Settings(warehouse_url=url, master_key=SecretStr("short")))
    assert master_key(Settings(warehouse_url=url, master_key=SecretStr("x" * 32))) == b"x" * 32
