"""End-of-day balances from posted balances, whose order inside a day is not known.

Within a day, postings form a chain: previous balance + amount = posted balance, within 0.10
(posted balances are rounded). The day's balance is the posted balance that ends the chain, never
a sum of amounts. Where the chain does not say which one that is, the balance nearest to
previous + sum of amounts is taken, and flagged.
"""

from __future__ import annotations

from collections.abc import Sequence

TOLERANCE = 10
"""Haléř."""

Posting = tuple[int, int]
"""(amount, posted balance), minor units."""


def closing_balance(previous: int, postings: Sequence[Posting]) -> tuple[int, bool]:
    """Closing balance of one day and whether it had to be estimated.

    It is undecided when no chain takes up all postings, or when several posted balances lie
    within the tolerance of its end: a posting of at most 0.10 fits before and after itself.
    """
    if len(postings) == 1:
        return postings[0][1], False
    ends = _chain_ends(previous, tuple(postings))
    close = {
        balance for _, balance in postings if any(abs(balance - end) <= TOLERANCE for end in ends)
    }
    if len(close) == 1:
        return close.pop(), False
    expected = previous + sum(amount for amount, _ in postings)
    return min((balance for _, balance in postings), key=lambda b: (abs(b - expected), b)), True


def _chain_ends(balance: int, left: tuple[Posting, ...]) -> set[int]:
    if not left:
        return {balance}
    ends: set[int] = set()
    for place, (amount, posted) in enumerate(left):
        if abs(balance + amount - posted) <= TOLERANCE:
            ends |= _chain_ends(posted, left[:place] + left[place + 1 :])
    return ends
