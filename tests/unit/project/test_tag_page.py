"""The page of tags says what the catalogue says, and the catalogue keeps its promises."""

from __future__ import annotations

from collections import Counter

from dags.pipeline_support.tag_page import PAGE, read_catalogue, render

TAGS = [
    (column["name"], column["config"]["meta"]) for _, _, tags in read_catalogue() for column in tags
]


def test_the_page_is_made_from_the_catalogue() -> None:
    """Red: run `bankloop tags --write`."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_a_tag_is_the_column_of_its_code_and_occurs_once() -> None:
    assert [name for name, meta in TAGS if meta["code"] != name] == []
    assert [name for name, count in Counter(name for name, _ in TAGS).items() if count > 1] == []


def test_at_least_sixty_tags_are_live_in_every_kind_family_and_reasoning() -> None:
    live = [meta for _, meta in TAGS if meta["status"] == "live"]
    assert len(live) >= 60
    for attribute, values in (
        ("kind", {"fact", "rule", "model"}),
        ("family", {"evaluation", "scene", "feedback"}),
        ("reasoning", {"cognition", "motive", "prediction"}),
        ("value_type", {"boolean", "code", "band", "number"}),
    ):
        assert {meta[attribute] for meta in live} == values


def test_needs_life_events_scores_and_personas_rest_on_consent() -> None:
    profiled = {name for name, meta in TAGS if meta["legal_basis"] == "consent: profiling"}
    wanted = {
        "persona_id", "churn_decile", "has_new_child", "has_new_car", "has_moved", "has_retired",
        "salary_change", "has_large_inflow", "has_outflow_to_competitor", "primary_need",
        *(name for name, _ in TAGS if name.startswith(("needs_", "rfm_"))),
    }  # fmt: skip
    assert wanted - profiled == set()
