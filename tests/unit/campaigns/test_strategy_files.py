"""Strategy files: every problem is told with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories.decision_bank import STRATEGY_FOLDER, TAG_KINDS

from campaigns.product_rules import Product
from campaigns.strategy_files import check_file, validate_strategies, warnings_of
from campaigns.wording import forbidden_promise
from warehouse.errors import StrategyError

PRODUCTS = {
    "DEPOSIT-1Y": Product("DEPOSIT-1Y", "deposit"),
    "DEPOSIT-3Y": Product("DEPOSIT-3Y", "deposit"),
    "LOAN": Product("LOAN", "consumer_loan"),
}
GOOD = """\
id: good_one
label_en: A good one
label_zh: 好策略
owner: Anna
approver: Bert
validity: {from_date: 2024-01-01, to_date: 2024-12-31}
scene: product
goal: {metric: product_openings, target: 10, window_days: 30}
audience: in_audience and amount > 5
product: DEPOSIT-1Y
channels: [sms]
scripts:
  sms:
    id: good_one_sms
    en: A deposit at 1.45 % a year.
    zh: 定期存款。
priority: 50
control_share: 0.1
target_effect: 0.01
personalised: true
"""


def problems_of(folder: Path, text: str, name: str = "good_one.yml") -> list[str]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_file(path, TAG_KINDS, PRODUCTS)[1]]


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    assert problems_of(tmp_path, GOOD) == []
    checked, _ = check_file(tmp_path / "good_one.yml", TAG_KINDS, PRODUCTS)
    assert checked is not None
    assert checked.strategy.cool_down_days == 90
    assert checked.strategy.max_attempts == 3


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("priority: 50", "priority: 50\ncolour: red", 18, "unknown key colour"),
        ("target: 10,", "target: 10, hope: 1,", 8, "unknown key goal.hope"),
        ("priority: 50", "priority: high", 17, "priority: Input should be a valid integer"),
        ("scene: product", "scene: party", 7, "scene: Input should be"),
        ("approver: Bert", "approver: anna", 1, "owner and approver are the same"),
        ("in_audience and", "nobody and", 9, "audience: unknown tag nobody"),
        ("in_audience and", "old_tag and", 9, "audience: retired tag old_tag"),
        ("amount > 5", "amount > 5; drop table x", 9, "audience: SQL beyond one expression"),
        ("product: DEPOSIT-1Y", "product: LAON", 10, "unknown product LAON"),
        ("product: DEPOSIT-1Y", "product: LOAN", 16, "a loan script without its rate"),
        ("zh: 定期存款。", "zh: 保 本 定期存款。", 13, "forbidden promise '保本'"),
        ("a year.", "a year, Guaranteed-Return!", 13, "forbidden promise 'guaranteed return'"),
        ("channels: [sms]", "channels: [sms, email]", 1, "no script for channel email"),
        ("channels: [sms]", "channels: [fax]", 11, "channels.0: Input should be"),
        ("id: good_one\n", "id: other_one\n", 1, "the id is not the file's name"),
        ("priority: 50", "priority: 50\npriority: 51", 18, "key priority twice"),
        ("control_share: 0.1", "control_share: 0.9", 18, "control_share: Input should be less"),
        ("priority: 50", "priority: 50\nwaves: [{day: 1}]", 1, "the first wave is on day 0"),
        ("priority: 50", "priority: 50\nwaves: [{day: 0}, {day: 1}]", 1, "waves closer than 3"),
        ("owner: Anna\n", "", 1, "key owner is missing"),
        ("goal: {", "goal: [", 8, "cannot be read as YAML"),
        ("product: DEPOSIT-1Y", "product: null", 1, "declares its `value`"),
    ],
)
def test_a_problem_names_file_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in GOOD
    found = problems_of(tmp_path, GOOD.replace(old, new))
    assert any(one.startswith(f"good_one.yml:{line}: ") and reason in one for one in found), found


def test_a_loan_script_needs_its_repayment_method_in_both_languages(tmp_path: Path) -> None:
    loan = GOOD.replace("product: DEPOSIT-1Y", "product: LOAN")
    half = loan.replace("a year.", "a year, repayment in equal principal.")
    assert problems_of(tmp_path, half) == ["good_one.yml:16: a loan script without its rate"]
    whole = half.replace("zh: 定期存款。", "zh: 年利率1.45%,等额本金还款。")
    assert problems_of(tmp_path, whole) == []


def test_an_override_stays_within_head_office_bounds(tmp_path: Path) -> None:
    other = GOOD + "branch_overrides: [{branch_ids: [B1], product_id: LOAN}]\n"
    found = problems_of(tmp_path, other)
    assert (
        "good_one.yml:21: an override's product is of another category than head office's" in found
    )
    share = GOOD + "branch_overrides: [{branch_ids: [B1], control_share: 0.01}]\n"
    assert "below half" in problems_of(tmp_path, share)[0]
    same = GOOD + "branch_overrides: [{branch_ids: [B1], product_id: DEPOSIT-3Y}]\n"
    assert problems_of(tmp_path, same) == []


def test_the_error_lists_all_problems_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "good_one.yml").write_text(GOOD.replace("in_audience", "nobody"))
    second = GOOD.replace("good_one", "second").replace("priority: 50", "priority: x")
    (tmp_path / "second.yml").write_text(second)
    with pytest.raises(StrategyError) as error:
        validate_strategies(TAG_KINDS, PRODUCTS, tmp_path)
    assert "good_one.yml:9: audience: unknown tag nobody" in error.value.found
    assert "second.yml:17: priority" in error.value.found


def test_a_deprecated_tag_is_allowed_and_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "good_one.yml").write_text(GOOD.replace("in_audience and", "leaving_tag and"))
    found = validate_strategies(TAG_KINDS, PRODUCTS, tmp_path)
    assert [str(one) for one in warnings_of(found, tmp_path)] == [
        "good_one.yml:9: audience: deprecated tag leaving_tag"
    ]
    (tmp_path / "good_one.yml").write_text(GOOD)
    assert warnings_of(validate_strategies(TAG_KINDS, PRODUCTS, tmp_path), tmp_path) == []


def test_two_strategies_may_not_share_a_script_id(tmp_path: Path) -> None:
    (tmp_path / "good_one.yml").write_text(GOOD)
    (tmp_path / "second.yml").write_text(GOOD.replace("id: good_one\n", "id: second\n"))
    with pytest.raises(StrategyError, match="script id good_one_sms is used by good_one too"):
        validate_strategies(TAG_KINDS, PRODUCTS, tmp_path)


def test_the_rule_version_follows_the_content_not_the_layout(tmp_path: Path) -> None:
    (tmp_path / "good_one.yml").write_text(GOOD)
    (one,) = validate_strategies(TAG_KINDS, PRODUCTS, tmp_path)
    (tmp_path / "good_one.yml").write_text("# a comment\n" + GOOD)
    (same,) = validate_strategies(TAG_KINDS, PRODUCTS, tmp_path)
    (tmp_path / "good_one.yml").write_text(GOOD.replace("priority: 50", "priority: 51"))
    (other,) = validate_strategies(TAG_KINDS, PRODUCTS, tmp_path)
    assert one.strategy.rule_version == same.strategy.rule_version
    assert one.strategy.rule_version != other.strategy.rule_version


@pytest.mark.parametrize(
    "text", ["稳 赚 不赔", "Risk free for you", "GUARANTEED  RETURN", "零·风险"]
)
def test_promises_cannot_be_hidden(text: str) -> None:
    assert forbidden_promise(text) is not None


def test_honest_words_pass() -> None:
    assert forbidden_promise("理财非存款,产品有风险。Returns may vary.") is None


def test_there_are_strategies_for_every_scene() -> None:
    texts = [path.read_text(encoding="utf-8") for path in STRATEGY_FOLDER.glob("*.yml")]
    assert len(texts) >= 8
    for scene in ("lifecycle", "product", "event"):
        assert sum(f"scene: {scene}" in text for text in texts) >= 2
    assert sum("personalised: false" in text for text in texts) >= 2
