"""The error tree: every message says what was expected, what was found, where, and what to do."""

from __future__ import annotations


class BankloopError(Exception):
    """Base of all errors that a person running the pipeline is meant to read.

    Texts must never hold personal data: name tables, files, columns and counts, not values.
    """

    def __init__(self, expected: str, found: str, where: str, remedy: str) -> None:
        self.expected = expected
        self.found = found
        self.where = where
        self.remedy = remedy
        super().__init__(expected, found, where, remedy)

    def __str__(self) -> str:
        return (
            f"expected: {self.expected}\n"
            f"found:    {self.found}\n"
            f"where:    {self.where}\n"
            f"remedy:   {self.remedy}"
        )


class SettingsError(BankloopError):
    """A `BANKLOOP_` setting is missing, malformed or unknown."""


class WarehouseError(BankloopError):
    """The database server cannot be started, reached or used."""


class LandingError(BankloopError):
    """A landing folder or its manifest is missing, malformed or does not match its files."""


class ContractError(BankloopError):
    """A feed does not keep its contract."""


class RunOrderError(BankloopError):
    """A run was asked for out of its order."""


class LeaseError(BankloopError):
    """Another run holds the right to write, or has taken it over."""


class ErasureError(BankloopError):
    """Something of an erased person is left that must not be."""


class LegalHoldError(BankloopError):
    """A person must not be erased."""


class GateError(BankloopError):
    """A data quality gate failed."""


class StrategyError(BankloopError):
    """A campaign strategy is malformed or names something that does not exist."""


class PublicationError(BankloopError):
    """A table cannot be published."""


class ModelError(BankloopError):
    """A model is missing, malformed or not fit to score."""


class TransformationError(BankloopError):
    """A dbt call failed."""


class HistoryError(BankloopError):
    """Somebody or some day that the histories do not know."""


class AllocationError(BankloopError):
    """What is to be allocated is malformed, or does not fit its capacities."""


class InputError(BankloopError):
    """A file or an option given on the command line cannot be used."""
