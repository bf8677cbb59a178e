"""Why an option fails: one bit of the mask per reason, ordered by check.

The lowest set bit of a mask is therefore the first failing check (domain, section 7). A bit keeps
its meaning for ever, because stored masks are read years later: new reasons take free positions of
their check's range, old ones are never reused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CHECKS: dict[int, tuple[str, str]] = {
    0: ("free", "空闲"),
    1: ("applicable", "适用"),
    2: ("profiling", "画像授权"),
    3: ("suitability", "适当性"),
    4: ("suppression", "免打扰"),
    5: ("consent", "授权"),
    6: ("caps", "触达频次"),
    7: ("universal_control", "全局对照组"),
}
"""Order of evaluation; check 2 is the mask bit of its own for profiling, after check 1."""

UNIVERSAL_CONTROL_CHECK = 7


@dataclass(frozen=True)
class Reason:
    """One way to fail: its bit position, its check, its code and its words."""

    bit: int
    check: int
    code: str
    label_en: str
    label_zh: str

    @property
    def mask(self) -> int:
        """The integer that has this reason's bit only."""
        return 1 << self.bit

    @property
    def text(self) -> str:
        """Stored form, for example `suitability: risk_assessments absent`."""
        return f"{CHECKS[self.check][0]}: {self.code}"


REASONS: tuple[Reason, ...] = (
    Reason(0, 0, "open", "a unit of this strategy is open", "该策略的触达周期尚未结束"),
    Reason(1, 0, "cooling", "the last unit is cooling down", "该策略处于冷却期"),
    Reason(4, 1, "customer unknown", "the customer cannot be looked up", "查无此客户"),
    Reason(5, 1, "product unknown", "the product is not in the catalogue", "产品不在目录中"),
    Reason(6, 1, "not on sale", "the product is not on sale", "产品未在售"),
    Reason(7, 1, "holds product", "the customer already holds the product", "客户已持有该产品"),
    Reason(8, 1, "outside quota", "the product has no quota in the region", "所在地区无产品额度"),
    Reason(10, 2, "consents absent", "profiling consents were not delivered", "画像授权数据缺失"),
    Reason(11, 2, "no_profiling", "no consent to profiling", "客户未同意画像"),
    Reason(
        14, 3, "risk_assessments absent", "risk assessments were not delivered", "风险测评数据缺失"
    ),
    Reason(
        15, 3, "category unknown", "the category has no suitability rule", "产品类别无适当性规则"
    ),
    Reason(16, 3, "no assessment", "the customer has no risk assessment", "客户无风险测评"),
    Reason(17, 3, "assessment expired", "the risk assessment is not valid", "风险测评已过期"),
    Reason(18, 3, "product unrated", "the product has no risk rating", "产品无风险评级"),
    Reason(
        19, 3, "above risk level", "the rating exceeds the risk level", "产品风险高于客户承受能力"
    ),
    Reason(20, 3, "above R3 at 65", "65 or older and rated above R3", "65岁及以上且产品高于R3"),
    Reason(21, 3, "credit_status absent", "credit status was not delivered", "信贷状态数据缺失"),
    Reason(22, 3, "no credit status", "the customer has no credit status", "客户无信贷状态"),
    Reason(23, 3, "age unknown", "the age is unknown", "客户年龄未知"),
    Reason(24, 3, "under 18", "younger than 18", "未满18岁"),
    Reason(25, 3, "student", "a student", "在校学生"),
    Reason(26, 3, "overdue", "a credit is overdue", "存在逾期"),
    Reason(27, 3, "open rejection", "rejected within 90 days", "90天内有拒贷记录"),
    Reason(30, 4, "suppressions absent", "suppressions were not delivered", "免打扰数据缺失"),
    Reason(31, 4, "deceased", "the customer is deceased", "客户已故"),
    Reason(32, 4, "minor", "a minor is never marketed to", "未成年人不营销"),
    Reason(33, 4, "age unknown", "a minor cannot be ruled out", "无法排除未成年"),
    Reason(34, 4, "all", "a do-not-contact entry for everything", "全渠道免打扰"),
    Reason(35, 4, "channel", "a do-not-contact entry for the channel", "该渠道免打扰"),
    Reason(36, 4, "topic", "a do-not-contact entry for the topic", "该主题免打扰"),
    Reason(39, 5, "consents absent", "consents were not delivered", "授权数据缺失"),
    Reason(40, 5, "purpose unmapped", "the category has no purpose", "产品类别未映射用途"),
    Reason(41, 5, "revoked", "the consent was revoked", "客户已撤回授权"),
    Reason(42, 5, "unknown", "no consent on record", "无授权记录"),
    Reason(45, 6, "contacts absent", "contacts were not delivered", "触达数据缺失"),
    Reason(46, 6, "total cap", "too many contacts in all", "总触达次数超限"),
    Reason(47, 6, "channel cap", "too many contacts by the channel", "该渠道触达次数超限"),
    Reason(48, 6, "purpose cap", "too many contacts for the purpose", "该用途触达次数超限"),
    Reason(49, 6, "quiet days", "too soon after the last contact", "处于静默期"),
    Reason(50, 6, "wave gap", "too soon after the last wave", "波次间隔不足"),
    Reason(55, 7, "member", "a member of the universal control group", "属于全局对照组"),
)

_BY_TEXT = {reason.text: reason for reason in REASONS}


def reason(text: str) -> Reason:
    """The reason of a stored form such as `consent: unknown`; KeyError where there is none."""
    return _BY_TEXT[text]


def failing(mask: int) -> Iterator[Reason]:
    """Every reason of a mask, in order of the checks."""
    return (found for found in REASONS if mask & found.mask)


def check_mask(check: int) -> int:
    """All bits of one check."""
    return sum(found.mask for found in REASONS if found.check == check)
