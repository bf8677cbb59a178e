"""What a text to customers may not promise."""

from __future__ import annotations

import re

FORBIDDEN_PROMISES: tuple[str, ...] = (
    "保本",
    "稳赚",
    "保收益",
    "零风险",
    "无风险",
    "稳赢",
    "必赚",
    "刚性兑付",
    "guaranteed return",
    "guaranteed profit",
    "guaranteed yield",
    "risk-free",
    "no risk",
    "cannot lose",
    "principal guaranteed",
    "capital guaranteed",
)


def forbidden_promise(text: str) -> str | None:
    """The first forbidden promise in a text, or None; blanks, hyphens and case do not hide it."""
    plain = _plain(text)
    return next((found for found in FORBIDDEN_PROMISES if _plain(found) in plain), None)


def _plain(text: str) -> str:
    return re.sub(r"[\s\-_·•.,，。、*]+", "", text).casefold()
