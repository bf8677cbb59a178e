"""The condition under which each reason holds, as SQL over the joins of `sql/options.sql`."""

from __future__ import annotations

from campaigns.reasons import REASONS

_INVESTMENT = "coalesce(offers.suitability = 'investment', false)"
_CREDIT = "coalesce(offers.suitability = 'credit', false)"
_MARKETING = "offers.purpose is distinct from 'service'"
_HIGH_RISK = (
    f"{_INVESTMENT} and not strategies.is_dual_recording "
    "and coalesce(products.risk_rating_rank > 3, true)"
)
_HAS_PRODUCT = "offers.product_id is not null"
_GRANTED = (
    "(coalesce(channel_consent.is_granted, false) or coalesce(general_consent.is_granted, false))"
)
_REVOKED = (
    "(coalesce(channel_consent.is_revoked, false) or coalesce(general_consent.is_revoked, false))"
)
_COVERS = "{0} <= %(night)s + coalesce(channel_rules.validity_days, 31)"

CONDITIONS: dict[str, str] = {
    "free: open": "offers.state = 'open' and offers.wave is null",
    "free: cooling": "offers.state = 'cooling'",
    "applicable: customer unknown": "customers.customer_id is null",
    "applicable: product unknown": f"{_HAS_PRODUCT} and products.product_id is null",
    "applicable: not on sale": (
        f"{_HAS_PRODUCT} and products.product_id is not null and products.is_on_sale is not true"
    ),
    "applicable: holds product": "holdings.customer_id is not null",
    "applicable: outside quota": (
        "coalesce(products.has_quota, false) "
        "and not coalesce(region_quota.is_offered, bank_quota.is_offered, false)"
    ),
    "profiling: consents absent": (
        "strategies.is_personalised and not availability.consents "
        "and not coalesce(customers.has_profiling_basis, false)"
    ),
    "profiling: no_profiling": (
        "strategies.is_personalised and availability.consents "
        "and not coalesce(customers.is_profiled, false)"
    ),
    "suitability: risk_assessments absent": f"{_INVESTMENT} and not availability.risk_assessments",
    "suitability: category unknown": f"{_HAS_PRODUCT} and offers.suitability is null",
    "suitability: no assessment": (
        f"{_INVESTMENT} and availability.risk_assessments and customers.risk_level_rank is null"
    ),
    "suitability: assessment expired": (
        f"{_INVESTMENT} and customers.risk_level_rank is not null "
        "and not coalesce(customers.is_risk_valid, false)"
    ),
    "suitability: product unrated": f"{_INVESTMENT} and products.risk_rating_rank is null",
    "suitability: above risk level": (
        f"{_INVESTMENT} and products.risk_rating_rank > customers.risk_level_rank"
    ),
    "suitability: above R3 at 65": f"{_HIGH_RISK} and customers.age_years >= 65",
    "suitability: credit_status absent": f"{_CREDIT} and not availability.credit_status",
    "suitability: no credit status": (
        f"{_CREDIT} and availability.credit_status "
        "and not coalesce(customers.has_credit_status, false)"
    ),
    "suitability: age unknown": (
        f"(({_CREDIT}) or ({_HIGH_RISK})) and customers.age_years is null"
    ),
    "suitability: under 18": f"{_CREDIT} and customers.age_years < 18",
    "suitability: student": f"{_CREDIT} and customers.is_student",
    "suitability: overdue": f"{_CREDIT} and customers.overdue_days > 0",
    "suitability: open rejection": (
        f"{_CREDIT} and customers.open_rejection_date > %(night)s - 90"
    ),
    "suppression: suppressions absent": "not availability.suppressions",
    "suppression: deceased": "customers.is_deceased",
    "suppression: minor": f"{_MARKETING} and customers.age_years < 18",
    "suppression: age unknown": f"{_MARKETING} and customers.age_years is null",
    "suppression: all": _COVERS.format("customers.suppressed_from"),
    "suppression: channel": _COVERS.format("for_channel.valid_from"),
    "suppression: topic": _COVERS.format("for_topic.valid_from"),
    "consent: consents absent": "not availability.consents",
    "consent: purpose unmapped": "offers.purpose is null",
    "consent: revoked": _REVOKED,
    "consent: unknown": f"availability.consents and not {_GRANTED} and not {_REVOKED}",
    "caps: contacts absent": f"{_MARKETING} and not availability.contacts",
    "caps: total cap": f"{_MARKETING} and customers.is_over_total_cap",
    "caps: channel cap": f"{_MARKETING} and channel_cap.customer_id is not null",
    "caps: purpose cap": f"{_MARKETING} and purpose_cap.customer_id is not null",
    "caps: quiet days": (
        f"{_MARKETING} and %(night)s + 1 - customers.last_touch_date "
        "<= coalesce(channel_rules.quiet_days, 31)"
    ),
    "caps: wave gap": (
        f"{_MARKETING} and %(night)s - offers.last_wave_night < strategies.min_wave_gap_days"
    ),
    "universal_control: member": "customers.is_universal_member",
}


def mask_sql() -> str:
    """The mask as one SQL expression: the sum of the bits of all reasons that hold."""
    parts = [
        f"case when {CONDITIONS[reason.text]} then {reason.mask}::bigint else 0 end"
        for reason in REASONS
    ]
    return "(\n            " + "\n            + ".join(parts) + "\n        )"
