"""Persona ids outlive retrains; names say what is special and are unique."""

import numpy as np

from models_ml.clusters.personas import match_ids, name_personas

OLD = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
IDS = ["persona_01", "persona_02", "persona_03"]


def test_ids_follow_centroids_whatever_their_order() -> None:
    new = OLD[[2, 0, 1]] + 0.5
    assert match_ids(new, OLD, IDS, IDS) == ["persona_03", "persona_01", "persona_02"]


def test_matching_is_by_least_total_distance_not_greedy() -> None:
    old = np.array([[0.0], [4.0], [20.0], [40.0]])
    new = np.array([[1.9], [-1.9], [20.0], [40.0]])
    ids = [*IDS, "persona_04"]
    assert match_ids(new, old, ids, ids)[:2] == ["persona_02", "persona_01"]


def test_a_new_group_gets_an_id_that_was_never_used() -> None:
    new = np.vstack([OLD, [[50.0, 50.0]]])
    assert match_ids(new, OLD, IDS, [*IDS, "persona_07"])[3] == "persona_08"


def test_a_far_centroid_is_no_continuation() -> None:
    new = np.array([[0.0, 0.0], [10.0, 0.0], [60.0, 60.0]])
    assert match_ids(new, OLD, IDS, IDS) == ["persona_01", "persona_02", "persona_04"]


def test_the_first_model_numbers_its_groups() -> None:
    assert match_ids(OLD, OLD[:0], [], []) == IDS


def test_names_use_the_strongest_deviations_in_both_languages() -> None:
    persona = name_personas(
        ["persona_01"], np.array([[2.0, -3.0, 0.1]]), [1.0], ["SESSIONS", "CARD", "CASH"]
    )
    assert persona[0].label_en == "few card payments, opens the app often"
    assert persona[0].label_zh == "少刷卡、常开手机银行"
    assert persona[0].top_features == "CARD_LOW SESSIONS_HIGH"


def test_two_alike_personas_get_different_names() -> None:
    deviations = np.array([[3.0, 2.0, 0.5], [3.0, 2.0, -0.5]])
    personas = name_personas(IDS[:2], deviations, [0.5, 0.5], ["SESSIONS", "CARD", "CASH"])
    assert len({persona.label_en for persona in personas}) == 2
    assert len({persona.label_zh for persona in personas}) == 2
