"""Fixtures of the decision tests."""

from factories.decision_fixtures import bank, decision_template

__all__ = ["bank", "decision_template"]
