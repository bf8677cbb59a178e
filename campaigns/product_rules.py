"""What a strategy may say about its product: it exists, and a loan names its rate and repayment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from campaigns.strategy import Script, Strategy

LOAN_CATEGORIES = frozenset({"mortgage", "consumer_loan", "credit_card", "instalment"})
_REPAYMENT_WORDS = ("repay", "instalment", "还款", "等额", "先息后本", "分期", "还本", "付息")
_RATE = re.compile(r"\d+(?:\.\d+)?\s*[%％]")
Place = tuple[str | int, ...]
_PRODUCTS = """
    select product_id, category, interest_rate, repayment_method
    from activation.act_products
    order by product_id
"""


@dataclass(frozen=True)
class Product:
    """A catalogue entry as far as a strategy's text depends on it; the rate is a share."""

    product_id: str
    category: str
    interest_rate: Decimal | None = None
    repayment_method: str | None = None


def read_products(connection: psycopg.Connection[Any]) -> dict[str, Product]:
    """The bank's catalogue by product id."""
    return {row[0]: Product(*row) for row in connection.execute(_PRODUCTS).fetchall()}


def product_problems(
    strategy: Strategy, products: Mapping[str, Product]
) -> Iterator[tuple[Place, str]]:
    """Place in the file and reason of everything wrong about products and loan scripts."""
    named: list[tuple[Place, str]] = [(("product",), strategy.product)] if strategy.product else []
    for number, part in enumerate(strategy.branch_overrides):
        if part.product_id:
            named.append((("branch_overrides", number, "product_id"), part.product_id))
    for place, product_id in named:
        product = products.get(product_id)
        if product is None:
            yield place, f"unknown product {product_id}"
        elif product.category in LOAN_CATEGORIES:
            yield from _loan_problems(strategy)
    yield from _other_category(strategy, products)


def _other_category(
    strategy: Strategy, products: Mapping[str, Product]
) -> Iterator[tuple[Place, str]]:
    head_office = products.get(strategy.product or "")
    for number, part in enumerate(strategy.branch_overrides):
        other = products.get(part.product_id or "")
        if head_office and other and head_office.category != other.category:
            place: Place = ("branch_overrides", number, "product_id")
            yield place, "an override's product is of another category than head office's"


def _loan_problems(strategy: Strategy) -> Iterator[tuple[Place, str]]:
    for channel, script in strategy.scripts.items():
        for language in ("en", "zh"):
            missing = _missing_from_loan(script, language)
            if missing:
                yield ("scripts", channel, language), f"a loan script without its {missing}"


def _missing_from_loan(script: Script, language: str) -> str | None:
    text = script.en if language == "en" else script.zh
    if not _RATE.search(text):
        return "rate"
    if not any(word in text.casefold() for word in _REPAYMENT_WORDS):
        return "repayment method"
    return None
