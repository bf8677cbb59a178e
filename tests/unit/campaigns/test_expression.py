"""The audience expression: what it may say, what it is refused for, and that literals are bound."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from factories.decision_bank import TAG_KINDS

from campaigns.expression import ExpressionError, conjuncts, parse_audience


def test_literals_are_parameters_and_never_text() -> None:
    text = "stage in ('mature', 'x''); drop table t; --') and amount >= -5.5 and in_audience"
    with pytest.raises(ExpressionError, match="comments"):
        parse_audience(text, TAG_KINDS)
    audience = parse_audience(text.replace("--", ""), TAG_KINDS)
    written = audience.condition.as_string(None)
    assert "drop" not in written
    assert "mature" not in written
    assert list(audience.parameters.values()) == ["mature", "x'); drop table t; ", Decimal("-5.5")]
    assert audience.tags == {"stage", "amount", "in_audience"}


def test_every_allowed_form_compiles() -> None:
    audience = parse_audience(
        "(in_audience or not in_audience = false) and stage not in ('a') and stage <> 'b' "
        "and amount between 1 and 2 and age_years is not null and in_audience is true "
        "and born >= '2000-01-31' and amount > age_years",
        TAG_KINDS,
    )
    assert audience.parameters["audience_5"] == date(2000, 1, 31)
    assert len(conjuncts(audience.tree)) == 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nobody_knows", "unknown tag nobody_knows"),
        ("old_tag", "retired tag old_tag"),
        ("new_tag", "draft tag new_tag"),
        ("stage", "tag stage is text, not true or false"),
        ("stage > 'a'", "it has no order"),
        ("stage = 3", "tag stage is text, compared with a number"),
        ("amount = 'x'", "tag amount is a number, compared with text"),
        ("in_audience = 1", "compared with a number"),
        ("born > 'soon'", "write 'YYYY-MM-DD'"),
        ("amount = null", "write `is null`"),
        ("stage = age_years", "of different kinds"),
        ("in_audience; drop table tags.customer_tags", "SQL beyond one expression"),
        ("in_audience from tags.customer_tags", "SQL beyond one expression"),
        ("in_audience, stage", "SQL beyond one expression"),
        ("1 = 1", "expected a tag"),
        ("in_audience or 1 = 1", "expected a tag"),
        ("true", "is not allowed"),
        ("amount in (select amount from raw.customers)", "no query"),
        ("amount = (select 1)", "found a query"),
        ("exists (select 1)", "is not allowed"),
        ("pg_sleep(10) is null", "expected a tag"),
        ("lower(stage) = 'a'", "expected a tag"),
        ("amount = pg_sleep(10)", "found a function"),
        ("amount + 1 > 2", "expected a tag"),
        ("stage like '%a'", "is not allowed"),
        ("stage = 'a'::text", "expected a value"),
        ("tags.customer_tags.stage = 'a'", "without a table"),
        ("stage = 'a' union select 1", "SQL beyond one expression"),
        ("in_audience -- and more", "comments"),
        ("in_audience /* x */", "comments"),
        ("stage = ", "cannot be read"),
        ("", "cannot be read|SQL beyond"),
        ("in_audience limit 1", "SQL beyond one expression"),
        ("amount between symmetric 2 and 1", "it has no order"),
        ("in_audience and " * 200 + "in_audience", "longer than"),
    ],
)
def test_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        parse_audience(text, TAG_KINDS)
