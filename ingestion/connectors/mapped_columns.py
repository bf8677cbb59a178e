"""A column of a feed made from columns of a source by its rule. Pure: arrays in, an array out.

What a rule cannot read is handed on as it was delivered, so that the ordinary verification counts
it and quarantines its row: nothing is lost or guessed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values
from ingestion.connectors.mapping_schema import ColumnRule
from ingestion.connectors.source_columns import SourceColumn
from ingestion.contracts import Column

UNREADABLE = b"\xff"
"""In front of bytes that have no meaning in the source's encoding; never part of UTF-8."""

Convert = Callable[[str], str | None]


def mapped_column(
    rule: ColumnRule,
    column: Column,
    read: Mapping[str, SourceColumn],
    count: int,
    zone: str,
    null_values: tuple[str, ...] = (),
) -> Values:
    """`count` values of a feed's column as bytes of UTF-8 text, in the form docs/feeds.md states.

    Args:
        rule: how the column is made.
        column: the contract's column.
        read: columns of the source by name, of equal length.
        count: their length.
        zone: time zone of moments that name none.
        null_values: texts that mean "missing" anywhere in this source.
    """
    if rule.constant is not None:
        return pa.repeat(pa.scalar(rule.constant.encode(), pa.binary()), count)
    missing = (*null_values, *rule.null_values)
    sources = [read[name] for name in rule.source or ()]
    parts = [_present(source.text(column, zone), missing) for source in sources]
    text = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, rule.join)
    if rule.values:
        text = text.fill_null("") if "" in rule.values else text
        text = by_distinct(text, lambda value: value, rule.values, rule.otherwise)
    convert = _converter(rule, column, rule.time_zone or zone)
    if convert is not None:
        text = by_distinct(text, convert)
    if rule.negative_when is not None:
        flag = read[rule.negative_when.source].text(_TEXT, zone)
        wanted = pa.array(rule.negative_when.values, pa.string())
        is_negative = pc.is_in(pc.utf8_trim_whitespace(flag), value_set=wanted)
        text = pc.if_else(is_negative, by_distinct(text, _negated), text)
    return _with_unreadable(text.cast(pa.binary()), sources)


def by_distinct(
    values: Values,
    convert: Convert,
    known: Mapping[str, str | None] | None = None,
    otherwise: str | None = None,
) -> Values:
    """Apply a conversion once per distinct text; a text that it refuses (None) stays as it is.

    Texts in `known` become what it says instead, and with `otherwise` every other text that.
    """
    encoded = values.dictionary_encode()
    table = known or {}

    def result(text: str) -> str | None:
        if text in table:
            return table[text]
        if otherwise is not None:
            return otherwise
        converted = convert(text)
        return text if converted is None else converted

    made = [result(text) for text in encoded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(made, pa.string())).cast(
        pa.string()
    )


def _present(text: Values, missing: tuple[str, ...]) -> Values:
    """Without blanks around it; empty and what means missing is null."""
    trimmed = pc.utf8_trim_whitespace(text)
    gone = pc.is_in(trimmed, value_set=pa.array(["", *missing], pa.string()))
    return pc.if_else(gone, pa.scalar(None, pa.string()), trimmed)


def _converter(rule: ColumnRule, column: Column, zone: str) -> Convert | None:
    if column.type == "date":
        return partial(_date, rule.format) if rule.format else None
    if column.type == "timestamp":
        return partial(_moment, rule.format, ZoneInfo(zone))
    if column.type in ("bigint", "integer"):
        return partial(_whole, rule)
    is_plain = rule.multiply is None and rule.decimal_separator == "."
    if column.type == "numeric" and not (is_plain and rule.thousands_separator is None):
        return partial(_decimal_text, rule)
    return None


def _date(form: str, text: str) -> str | None:
    try:
        return datetime.strptime(text, form).date().isoformat()
    except ValueError:
        return None


def _moment(form: str | None, zone: ZoneInfo, text: str) -> str | None:
    """ISO 8601 in UTC."""
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
        local = found if found.tzinfo else found.replace(tzinfo=zone)
        return local.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def _number(rule: ColumnRule, text: str) -> Decimal | None:
    plain = text.replace(rule.thousands_separator, "") if rule.thousands_separator else text
    if rule.decimal_separator == ",":
        if "." in plain:
            return None
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain.removeprefix("+"))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _whole(rule: ColumnRule, text: str) -> str | None:
    """An amount in minor units, exactly: more decimals than the rule states are refused."""
    number = _number(rule, text)
    if number is None:
        return None
    scaled = number.scaleb(rule.decimals or 0)
    return str(int(scaled)) if scaled == scaled.to_integral_value() else None


def _decimal_text(rule: ColumnRule, text: str) -> str | None:
    number = _number(rule, text)
    if number is None:
        return None
    return format(number * rule.multiply if rule.multiply is not None else number, "f")


def _negated(text: str) -> str | None:
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"


def _with_unreadable(values: Values, sources: list[SourceColumn]) -> Values:
    for source in sources:
        if source.undecodable is None or source.delivered is None:
            continue
        marked = [UNREADABLE + (field or b"") for field in source.delivered.to_pylist()]
        broken = pa.array(np.asarray(source.undecodable, np.bool_))
        values = pc.if_else(broken, pa.array(marked, pa.binary()), values)
    return values


_TEXT = Column(name="flag", type="string", nullable=True)
