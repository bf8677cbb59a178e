"""Why a customer was, or was not, on a list: in words, from what was stored that night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from campaigns.expression import Audience, ExpressionError, conjuncts, parse_audience
from campaigns.reasons import CHECKS, failing
from campaigns.tag_catalogue import read_tags
from campaigns.words import OUTCOME_WORDS, reason_words
from warehouse.errors import StrategyError

_DECISION = """
    select * from activation.decisions
    where night_date = %(night)s and strategy_id = %(strategy)s and customer_id = %(customer)s
"""
_OPTIONS = """
    select channel, channel_rank, failed_mask, value_amount from activation.options
    where night_date = %(night)s and strategy_id = %(strategy)s and customer_id = %(customer)s
    order by channel_rank
"""
_VERSION = """
    select label_en, label_zh, audience, rule_version from activation.strategy_versions
    where strategy_id = %(strategy)s and first_night <= %(night)s
    order by first_night desc, rule_version limit 1
"""
_OWN_VERSION = """
    select label_en, label_zh, audience, rule_version from activation.strategy_versions
    where strategy_id = %(strategy)s and rule_version = %(rule_version)s
"""


@dataclass(frozen=True)
class Explanation:
    """The answer: outcome and reason as stored, and a paragraph in each language."""

    outcome: str
    reason: str
    english: str
    chinese: str

    def __str__(self) -> str:
        return f"{self.english}\n\n{self.chinese}"


def explain(
    connection: psycopg.Connection[Any], customer: str, strategy: str, night: date
) -> Explanation:
    """Explain one decision; without a decision row, re-evaluate the audience on that night's tags.

    Raises:
        StrategyError: the strategy was not decided up to that night.
    """
    keys = {"customer": customer, "strategy": strategy, "night": night}
    with connection.cursor(row_factory=dict_row) as cursor:
        decision = cursor.execute(_DECISION, keys).fetchone()
        if decision:
            own = {**keys, "rule_version": decision["rule_version"]}
            version = cursor.execute(_OWN_VERSION, own).fetchone()
        else:
            version = cursor.execute(_VERSION, keys).fetchone()
        options = cursor.execute(_OPTIONS, keys).fetchall()
    if version is None:
        raise StrategyError(
            expected="a strategy that was decided on or before that night",
            found=strategy,
            where=f"activation.strategy_versions, {night}",
            remedy="check the id: it is the name of a file in campaigns/strategies",
        )
    head = _head(customer, strategy, night, version)
    if decision is None:
        return _outside(connection, customer, night, version, head)
    return _decided(decision, options, head)


def _head(
    customer: str, strategy: str, night: date, version: dict[str, Any]
) -> tuple[list[str], list[str]]:
    english = f"Customer {customer}, strategy {strategy} ({version['label_en']}), night {night}:"
    chinese = f"客户 {customer},策略 {strategy}({version['label_zh']}),批次日 {night}:"
    return [english], [chinese]


def _decided(
    decision: dict[str, Any], options: list[dict[str, Any]], head: tuple[list[str], list[str]]
) -> Explanation:
    english, chinese = head
    outcome, reason = decision["outcome"], decision["reason"]
    outcome_en, outcome_zh = OUTCOME_WORDS[outcome]
    reason_en, reason_zh = reason_words(reason)
    english.append(f"outcome {outcome}: {outcome_en}. Reason: {reason} ({reason_en}).")
    chinese.append(f"结果:{outcome_zh}。原因:{reason_zh}({reason})。")
    english.append(
        f"Cycle {decision['cycle']}, wave {decision['wave'] or '-'}, channel "
        f"{decision['channel']}, arm by hash: {decision['arm']}, value {decision['value_amount']}, "
        f"rules {decision['rule_version']}."
    )
    chinese.append(
        f"第{decision['cycle']}周期,波次 {decision['wave'] or '-'},渠道 {decision['channel']},"
        f"分组:{decision['arm']},价值 {decision['value_amount']},规则版本 "
        f"{decision['rule_version']}。"
    )
    for option in options:
        english.append(_option_words(option, 0))
        chinese.append(_option_words(option, 1))
    return Explanation(outcome, reason, "\n".join(english), "\n".join(chinese))


def _option_words(option: dict[str, Any], language: int) -> str:
    failed = list(failing(option["failed_mask"]))
    if not failed:
        words = ("passes every check", "通过全部检查")[language]
    else:
        parts = (
            (f"{one.text} ({one.label_en})" for one in failed),
            (f"{CHECKS[one.check][1]}:{one.label_zh}" for one in failed),
        )[language]
        words = ("fails " + "; ".join(parts)) if language == 0 else ("未通过:" + ";".join(parts))
    return f"- {option['channel']}: {words}"


def _outside(
    connection: psycopg.Connection[Any],
    customer: str,
    night: date,
    version: dict[str, Any],
    head: tuple[list[str], list[str]],
) -> Explanation:
    english, chinese = head
    english.append("there is no decision row.")
    chinese.append("没有决策记录。")
    try:
        false_parts = _false_parts(connection, customer, night, version["audience"])
    except ExpressionError as error:
        english.append(f"The audience of that night cannot be evaluated today: {error}.")
        chinese.append("当晚的客群表达式今天无法重新计算。")
        return Explanation("unknown", "audience not evaluable", *_joined(english, chinese))
    if false_parts is None:
        english.append("The tags of that customer and night are not kept, or never were there.")
        chinese.append("该客户当晚的标签不存在或已不再保存。")
        return Explanation("unknown", "no tags", *_joined(english, chinese))
    if not false_parts:
        english.append("The audience holds on that night's tags, but the night did not decide it.")
        chinese.append("按当晚标签客群条件成立,但当晚未做该策略的决策。")
        return Explanation("unknown", "not decided", *_joined(english, chinese))
    english.append("Not in the audience. Not true: " + "; ".join(false_parts) + ".")
    chinese.append("不在目标客群内。不成立的条件:" + ";".join(false_parts) + "。")
    return Explanation("not_in_audience", "audience", *_joined(english, chinese))


def _joined(english: list[str], chinese: list[str]) -> tuple[str, str]:
    return "\n".join(english), "\n".join(chinese)


def _false_parts(
    connection: psycopg.Connection[Any], customer: str, night: date, text: str
) -> list[str] | None:
    """The parts of the audience that did not hold; None without tags of that night."""
    tags = read_tags(connection)
    audience = parse_audience(text, tags)
    if _holds(connection, customer, night, audience) is None:
        return None
    parts = [part.sql(dialect="postgres") for part in conjuncts(audience.tree)]
    return [
        part
        for part in parts
        if not _holds(connection, customer, night, parse_audience(part, tags))
    ]


def _holds(
    connection: psycopg.Connection[Any], customer: str, night: date, audience: Audience
) -> bool | None:
    query = sql.SQL(
        "select coalesce({condition}, false) from tags.customer_tags as tag "
        "where tag.customer_id = %(customer)s and tag.as_of_date = %(night)s"
    ).format(condition=audience.condition)
    parameters = {"customer": customer, "night": night, **audience.parameters}
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else bool(row[0])
