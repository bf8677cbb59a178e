"""Fixtures for tests of the decision: a database with its empty inputs, cloned per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from factories.decision_bank import Bank, create_inputs

from warehouse.connection import clone_database, connect, drop_database
from warehouse.settings import Settings

DECISION_TEMPLATE = "template_decision"


@pytest.fixture(scope="session")
def decision_template(server: Settings, empty_template: str) -> str:
    """Name of a database with the decision's inputs, empty but for products and seeds.

    Two conftest files share this fixture, so it may be set up twice in a session.
    """
    drop_database(server, DECISION_TEMPLATE)
    clone_database(server, empty_template, DECISION_TEMPLATE)
    settings = server.model_copy(update={"database": DECISION_TEMPLATE})
    with connect(settings) as connection:
        create_inputs(connection)
    return DECISION_TEMPLATE


@pytest.fixture
def bank(clone: Callable[..., Settings], decision_template: str) -> Iterator[Bank]:
    """A bank without customers."""
    made = Bank(clone(decision_template))
    yield made
    made.close()
