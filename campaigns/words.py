"""Outcomes and reasons in words, English and Chinese."""

from __future__ import annotations

import re

from campaigns.reasons import CHECKS, reason

OUTCOME_WORDS: dict[str, tuple[str, str]] = {
    "listed": ("on the list", "已进入名单"),
    "control": ("in the campaign's control group: not contacted", "活动对照组,不触达"),
    "universal_control": ("in the universal control group: never contacted", "全局对照组,不触达"),
    "in_cycle": ("an earlier contact cycle is not over", "上一触达周期未结束"),
    "excluded": ("not on the list", "未进入名单"),
}
_LOST = re.compile(r"allocation: lost_to\((?P<winner>.+)\)")


def reason_words(text: str) -> tuple[str, str]:
    """Words of a stored reason such as `consent: unknown` or `allocation: lost_to(…)`."""
    lost = _LOST.fullmatch(text)
    if lost:
        winner = lost["winner"]
        return f"strategy {winner} came first tonight", f"当晚优先执行策略 {winner}"
    if text == "chosen":
        return "passed every check and was chosen", "通过全部检查并被选中"
    if text == "allocation: negative value":
        return "the expected value is below the cost", "预期价值低于成本"
    found = reason(text)
    return found.label_en, f"{CHECKS[found.check][1]}:{found.label_zh}"
