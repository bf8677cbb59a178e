"""The bit mask: one bit per reason, in the order of the checks, each with its condition."""

from __future__ import annotations

from campaigns.checks import CONDITIONS
from campaigns.reasons import CHECKS, REASONS, check_mask, failing, reason


def test_bits_are_unique_fit_a_bigint_and_follow_the_checks() -> None:
    bits = [one.bit for one in REASONS]
    assert bits == sorted(set(bits))
    assert bits[-1] < 63
    assert [one.check for one in REASONS] == sorted(one.check for one in REASONS)
    assert {one.check for one in REASONS} == set(CHECKS)


def test_every_reason_has_a_condition_and_words() -> None:
    assert set(CONDITIONS) == {one.text for one in REASONS}
    assert all(one.label_en and one.label_zh for one in REASONS)


def test_a_mask_gives_its_reasons_in_order() -> None:
    absent = reason("consent: consents absent")
    first = reason("suitability: risk_assessments absent")
    mask = absent.mask | first.mask
    assert list(failing(mask)) == [first, absent]
    assert mask & -mask == first.mask
    assert mask & check_mask(4) == 0
