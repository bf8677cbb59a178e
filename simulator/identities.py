"""Names, documents, mobiles and addresses that cannot be mistaken for real ones.

Documents begin with the region 999, mobiles with 100, e-mail ends in example.invalid. Canaries
are a few persons with unmistakable values, for the scan that finds personal data in a wrong place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import randomness, schemas
from simulator.randomness import Bools, Ints, Keys

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_FIRST = "样例测拟虚仿"
_SECOND = "甲乙丙丁戊己庚辛壬癸一二三四五六七八九十"
_ENGLISH_FIRST = ("Testa", "Samplo", "Mocka", "Dummo", "Proba", "Exampla", "Fixta", "Stubbo")
_ENGLISH_LAST = ("Placeholder", "Specimen", "Trial", "Dataset", "Synthetic", "Fabricated")
_STREETS = ("测试路", "样例街", "虚拟大道", "仿真巷", "演示里")
CANARY_AGENTS = (3, 17, 41, 68, 96)
_CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_DIGITS = "10X98765432"


@dataclass(frozen=True)
class Canary:
    """A fake person whose values occur nowhere else."""

    party_id: str
    name: str
    document_no: str
    mobile: str
    email: str
    address: str


def canaries(seed: int) -> list[Canary]:
    """Return the fake persons of a bank made with `seed`; banks of 100 agents or more hold all."""
    return [_canary(seed, number, agent) for number, agent in enumerate(CANARY_AGENTS)]


def _canary(seed: int, number: int, agent: int) -> Canary:
    mark = int(randomness.keys(seed, "canary", 0, np.array([agent]))[0])
    tag = f"{mark >> 40:06X}"
    return Canary(
        party_id=f"P{agent:07d}",
        name=f"金丝雀{_SECOND[10 + number]}Canary-{tag}",
        document_no=f"99999919010101{mark % 10_000:04d}",
        mobile=f"10099{mark % 1_000_000:06d}",
        email=f"canary-{tag.lower()}@canary.example.invalid",
        address=f"金丝雀巷{mark % 9000 + 1000}号Canary-{tag}",
    )


def _labels(characters: str | tuple[str, ...]) -> pa.Array[Any]:
    return pa.array(list(characters))


def _text(numbers: Ints) -> pa.Array[Any]:
    return pa.array(numbers).cast(pa.string())


def _join(*parts: pa.Array[Any] | str) -> pa.Array[Any]:
    columns: list[Any] = [pa.scalar(p) if isinstance(p, str) else p for p in parts]
    return cast("pa.Array[Any]", pc.binary_join_element_wise(*columns, ""))


def names(row_keys: Keys) -> pa.Array[Any]:
    """Return a Chinese name per key, an English one for 8 %."""
    first = (row_keys >> np.uint64(8)).astype(np.int64)
    chinese = _join(
        schemas.pick(_labels(_SURNAMES), np.abs(first) % len(_SURNAMES)),
        schemas.pick(_labels(_FIRST), np.abs(first // 64) % len(_FIRST)),
        schemas.pick(_labels(_SECOND), np.abs(first // 512) % len(_SECOND)),
    )
    english = _join(
        schemas.pick(_labels(_ENGLISH_FIRST), first % len(_ENGLISH_FIRST)),
        " ",
        schemas.pick(_labels(_ENGLISH_LAST), first // 64 % len(_ENGLISH_LAST)),
    )
    return _choose(randomness.uniform(row_keys, 90) < 0.08, english, chinese)


def _choose(condition: Bools, first: pa.Array[Any], second: pa.Array[Any]) -> pa.Array[Any]:
    return cast("pa.Array[Any]", pc.if_else(pa.array(condition), first, second))


def documents(agent: Ints, birth_days: Ints) -> pa.Array[Any]:
    """Return an 18-digit document number per agent: region 999xxx, birth date, serial, check."""
    dates = birth_days.astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    months = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    region = 999_000 + agent // 1000 % 1000
    body = (region * 10**8 + years * 10**4 + months * 100 + days) * 1000 + agent % 1000
    digits = body[:, None] // 10 ** np.arange(16, -1, -1) % 10
    check = np.frombuffer(_CHECK_DIGITS.encode(), np.uint8)[(digits @ _CHECK_WEIGHTS) % 11]
    matrix = np.column_stack([digits + 48, check]).astype(np.uint8)
    return randomness.fixed_strings(matrix)


def mobiles(numbers: Ints) -> pa.Array[Any]:
    """Return an 11-digit mobile number (unassigned prefix 100) per number."""
    return randomness.number_ids("100", numbers % 90_000_000 + 10_000_000, 8)


def emails(agent: Ints) -> pa.Array[Any]:
    """Return an e-mail address per agent."""
    return _join("customer", _text(agent), "@example.invalid")


def addresses(row_keys: Keys, regions: pa.Array[Any]) -> pa.Array[Any]:
    """Return a street address per key."""
    number = (row_keys >> np.uint64(5)).astype(np.int64)
    street = schemas.pick(_labels(_STREETS), number % len(_STREETS))
    return _join(regions, "示例市", street, _text(number // 8 % 999 + 1), "号")
