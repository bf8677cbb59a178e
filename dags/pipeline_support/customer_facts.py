"""What is known of one customer on one day, read from the histories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

from warehouse.connection import has_column
from warehouse.errors import HistoryError

Row = dict[str, Any]
ATTRIBUTES = {
    "party_type": ("party type", "客户类型"),
    "gender": ("gender", "性别"),
    "birth_date": ("birth date", "出生日期"),
    "occupation": ("occupation", "职业"),
    "income_band": ("income band", "收入段"),
    "marital_status": ("marital status", "婚姻状况"),
    "has_children": ("children", "子女"),
    "region": ("region", "地区"),
    "branch_id": ("branch", "网点"),
    "relationship_manager_id": ("relationship manager", "客户经理"),
    "first_opened_date": ("first account opened", "首次开户日"),
    "closed_date": ("last account closed", "销户日"),
    "is_staff": ("staff", "员工"),
    "is_deceased": ("deceased", "身故"),
    "is_documented": ("documented", "证件已登记"),
    "is_authorised_only": ("authorised only", "仅为授权人"),
    "name_token": ("name", "姓名"),
    "mobile_token": ("mobile number", "手机号"),
    "email_token": ("e-mail", "电子邮箱"),
    "address_token": ("address", "地址"),
}
HIDDEN = frozenset({"birth_date", "name_token", "mobile_token", "email_token", "address_token"})
"""Attributes of which the page says that they changed, and never what they are."""

_STAGES = """
    select h.valid_from, h.stage, s.label_en, s.label_zh, h.trigger,
        t.label_en as why_en, t.label_zh as why_zh
    from tags.lifecycle_history as h
    join staging.lifecycle_stages as s on h.stage = s.stage
    left join staging.lifecycle_triggers as t on h.trigger = t.trigger_code
    where h.customer_id = %(customer)s and h.valid_from <= %(day)s order by h.valid_from
"""
_TIERS = """
    select h.valid_from, h.valid_to, h.value_tier,
        (select max(l.label_en) from staging.value_tier_limits as l
            where l.value_tier = h.value_tier) as label_en,
        (select max(l.label_zh) from staging.value_tier_limits as l
            where l.value_tier = h.value_tier) as label_zh
    from tags.value_tier_history as h
    where h.customer_id = %(customer)s and h.valid_from <= %(day)s order by h.valid_from
"""
_TAGS = """
    select h.tag_code, h.valid_from, h.valid_to, h.tag_value, c.family,
        coalesce(c.label_en, h.tag_code) as label_en, coalesce(c.label_zh, '') as label_zh
    from tags.customer_tag_history as h
    left join tags.tag_catalogue as c on h.tag_code = c.tag_code
    where h.customer_id = %(customer)s and h.valid_from <= %(day)s
    order by c.family, h.tag_code, h.valid_from
"""
_CONSENTS = """
    select purpose, channel, valid_from, valid_to, status
    from marts.dim_customer_consents_history
    where customer_id = %(customer)s and valid_from <= %(day)s order by valid_from
"""
_CUSTOMERS = """
    select * from marts.dim_customers_history
    where customer_id = %(customer)s and valid_from <= %(day)s order by valid_from
"""


@dataclass(frozen=True)
class CustomerFacts:
    """Intervals that began up to `day`, each list ordered by its first day."""

    customer_id: str
    asked_for: str
    day: date
    first_night: date | None
    """First night of which tags are kept."""
    customers: list[Row]
    stages: list[Row]
    tiers: list[Row]
    tags: list[Row]
    consents: list[Row]

    def on_the_day(self, rows: list[Row]) -> list[Row]:
        """Those intervals that hold on the day."""
        return [row for row in rows if is_valid_on(row, self.day)]


def is_valid_on(row: Row, day: date) -> bool:
    """Whether an interval holds on a day; one without an end column ends with the next."""
    ends = row.get("valid_to")
    return row["valid_from"] <= day and (ends is None or ends >= day)


def read_facts(connection: psycopg.Connection, asked_for: str, day: date) -> CustomerFacts:
    """Read everything that the page of one customer shows.

    Args:
        connection: to the warehouse.
        asked_for: a customer_id or a party_id; a merged customer's key leads to the one it is now.
        day: a loaded day.

    Raises:
        HistoryError: nothing is loaded, the day is not, or nobody of that name was known then.
    """
    _require_loaded(connection, day)
    customer = resolve(connection, asked_for, day)
    keys = {"customer": customer, "day": day}

    def read(query: str) -> list[Row]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, keys).fetchall()

    customers = read(_CUSTOMERS)
    if not any(is_valid_on(row, day) for row in customers):
        raise _unknown(asked_for, day, "known, but not on that day")
    begun = connection.execute("select min(valid_from) from tags.customer_tag_changes").fetchone()
    return CustomerFacts(
        customer, asked_for, day, begun[0] if begun else None,
        customers, read(_STAGES), read(_TIERS), read(_TAGS), read(_CONSENTS),
    )  # fmt: skip


def resolve(connection: psycopg.Connection, asked_for: str, day: date) -> str:
    """The customer_id that a party, or a merged customer, has on a day.

    Raises:
        HistoryError: neither a party nor a customer has this id.
    """
    owned = "" if not has_column(connection, "marts.dim_party_customers", "valid_to") else (
        " and (valid_to is null or valid_to >= %(day)s) and valid_from <= %(day)s"
    )  # fmt: skip
    row = connection.execute(
        f"select customer_id from marts.dim_party_customers where party_id = %(id)s{owned} limit 1",
        {"id": asked_for, "day": day},
    ).fetchone()
    customer = row[0] if row else asked_for
    if has_column(connection, "marts.dim_customer_aliases", "alias_customer_id"):
        row = connection.execute(
            "select customer_id from marts.dim_customer_aliases where alias_customer_id = %(id)s "
            "and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)",
            {"id": customer, "day": day},
        ).fetchone()
        customer = row[0] if row else customer
    known = "select 1 from marts.dim_customers_history where customer_id = %s limit 1"
    if connection.execute(known, [customer]).fetchone() is None:
        raise _unknown(asked_for, day, "no customer and no party of this id")
    return str(customer)


def changes(facts: CustomerFacts) -> list[tuple[date, str, str]]:
    """(day, English, Chinese) of all that changed up to the day, newest first.

    What was so on the first day of a customer is no change.
    """
    found = [*_attribute_changes(facts.customers)]
    found += [
        (s["valid_from"], f"stage: {s['label_en']} ({s['why_en']})",
         f"阶段:{s['label_zh']}({s['why_zh']})") for s in facts.stages
    ]  # fmt: skip
    found += [
        (t["valid_from"], f"tier: {t['label_en']}", f"层级:{t['label_zh']}") for t in facts.tiers
    ]
    found += [
        (c["valid_from"], f"consent {c['purpose']} by {c['channel']}: {c['status']}",
         f"授权 {c['purpose']}/{c['channel']}:{'同意' if c['status'] == 'granted' else '撤回'}")
        for c in facts.consents
    ]  # fmt: skip
    found += [change for change in _tag_changes(facts) if change[0] != facts.first_night]
    first = facts.customers[0]["valid_from"]
    return sorted((c for c in found if c[0] > first), key=lambda c: c[0], reverse=True)


def _attribute_changes(intervals: list[Row]) -> list[tuple[date, str, str]]:
    found = []
    for before, after in pairwise(intervals):
        for column, (english, chinese) in ATTRIBUTES.items():
            if before[column] == after[column]:
                continue
            shown = "" if column in HIDDEN else f": {before[column]} → {after[column]}"
            day = after["valid_from"]
            found.append((day, f"{english} changed{shown}", f"{chinese}变更{shown}"))
    return found


def _tag_changes(facts: CustomerFacts) -> list[tuple[date, str, str]]:
    """A value that began; and a value that ended without another one following."""
    begun = {(tag["tag_code"], tag["valid_from"]) for tag in facts.tags}
    found = []
    for tag in facts.tags:
        value = tag["tag_value"]
        found.append((tag["valid_from"], f"tag {tag['label_en']}: {value}",
                      f"标签 {tag['label_zh']}:{value}"))  # fmt: skip
        gone = tag["valid_to"] + timedelta(days=1) if tag["valid_to"] else None
        if gone and gone <= facts.day and (tag["tag_code"], gone) not in begun:
            found.append((gone, f"tag {tag['label_en']}: none", f"标签 {tag['label_zh']}:无"))
    return found


def _require_loaded(connection: psycopg.Connection, day: date) -> None:
    first = last = None
    if has_column(connection, "tags.customer_tag_history", "tag_code"):
        row = connection.execute(
            "select first_loaded_date, night_date from ops.current_night"
        ).fetchone()
        first, last = row or (None, None)
    if first is None or last is None:
        raise HistoryError(
            expected="a bank with a loaded history",
            found="no history yet",
            where="ops.current_night",
            remedy="load one: make nightly",
        )
    if not first <= day <= last:
        raise HistoryError(
            expected=f"a day from {first} (the first load) to {last}",
            found=str(day),
            where="ops.current_night",
            remedy="name a loaded day; what was before the first load is not known",
        )


def _unknown(asked_for: str, day: date, found: str) -> HistoryError:
    return HistoryError(
        expected=f"a party_id or customer_id that was known on {day}",
        found=f"{asked_for}: {found}",
        where="marts.dim_customers_history",
        remedy="ids are in publication.party_customers; a customer begins on its first_seen_date",
    )
