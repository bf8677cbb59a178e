"""One page of text about one customer on one day, English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.text import Text

from dags.pipeline_support.customer_facts import CustomerFacts, Row, changes, read_facts
from warehouse.connection import connect
from warehouse.settings import Settings

LAST_CHANGES = 8
_YES_NO = {"true": "yes 是", "false": "no 否"}
_GROUP = "客群"
"""What the label of a customer group's tag ends with."""


@dataclass(frozen=True)
class Section:
    """A heading and its lines."""

    heading: str
    lines: list[str]


def customer_page(settings: Settings, asked_for: str, day: date) -> list[Section]:
    """Who a customer was on a day, and what had changed.

    Raises:
        HistoryError: the day is not loaded, or nobody of that id was known then.
    """
    with connect(settings) as connection:
        facts = read_facts(connection, asked_for, day)
    changed = [(when, f"{english} · {chinese}") for when, english, chinese in changes(facts)]
    tonight = [line for when, line in changed if when == day]
    earlier = [f"{when}  {line}" for when, line in changed if when < day][:LAST_CHANGES]
    return [
        Section(f"Customer 客户 {facts.customer_id} · {day}", _who(facts)),
        Section("Stage, tier, groups 阶段、层级、客群", _axes(facts)),
        Section("Tags 标签", _tags(facts)),
        Section("Changed on this night 当晚变化", tonight or ["nothing 无"]),
        Section("Changes before 近期变化", earlier or ["none 无"]),
    ]


def print_page(page: list[Section], console: Console | None = None) -> None:
    """Print a page: headings in colour on a terminal, plain lines otherwise."""
    out = console or Console(highlight=False, soft_wrap=True)
    for section in page:
        out.print(Text(section.heading, style="bold cyan"), soft_wrap=True)
        for line in section.lines:
            out.print(Text(f"  {line}"), soft_wrap=True)


def _who(facts: CustomerFacts) -> list[str]:
    (now,) = facts.on_the_day(facts.customers)
    lines = []
    if facts.asked_for != facts.customer_id:
        lines.append(f"asked for 查询编号 {facts.asked_for}")
    lines.append(
        f"{now['party_type']} · region 地区 {now['region'] or '–'} · branch 网点 "
        f"{now['branch_id'] or '–'} · manager 客户经理 {now['relationship_manager_id'] or '–'}"
    )
    opened = f"first account 首次开户 {now['first_opened_date'] or '–'}"
    closed = f" · closed 销户 {now['closed_date']}" if now["closed_date"] else ""
    lines.append(f"{opened}{closed} · as it is since 现状自 {now['valid_from']}")
    return lines


def _axes(facts: CustomerFacts) -> list[str]:
    lines = []
    if facts.stages:
        stage = facts.stages[-1]
        days = (facts.day - stage["valid_from"]).days
        lines.append(
            f"stage 阶段: {stage['stage']} {stage['label_zh']}, since 自 {stage['valid_from']} "
            f"({days} days 天), because 原因 {stage['why_en']} {stage['why_zh']}"
        )
        if len(facts.stages) > 1:
            before = facts.stages[-2]
            lines.append(
                f"before 之前: {before['stage']} {before['label_zh']}, from 自 "
                f"{before['valid_from']}"
            )
    tiers = facts.on_the_day(facts.tiers)
    lines += [
        f"tier 价值分层: {tier['value_tier']} {tier['label_zh']}, since 自 {tier['valid_from']}"
        for tier in tiers
    ] or ["tier 价值分层: none yet 尚未评定"]
    groups = [
        f"{tag['label_en']} {tag['label_zh']}"
        for tag in facts.on_the_day(facts.tags)
        if _is_group(tag) and tag["tag_value"] == "true"
    ]
    return [*lines, f"groups 客群: {', '.join(groups) or 'none 无'}"]


def _tags(facts: CustomerFacts) -> list[str]:
    if facts.first_night is None or facts.day < facts.first_night:
        return [f"kept from 标签历史始于 {facts.first_night or '–'}"]
    return [
        f"{tag['label_en']} {tag['label_zh']}: {_YES_NO.get(tag['tag_value'], tag['tag_value'])}"
        f", since 自 {tag['valid_from']}"
        for tag in facts.on_the_day(facts.tags)
        if tag["tag_value"] != "false" and not _is_group(tag)
    ] or ["none 无"]


def _is_group(tag: Row) -> bool:
    return str(tag["label_zh"]).endswith(_GROUP)
