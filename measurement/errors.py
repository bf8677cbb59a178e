"""The one error of this package."""


class MeasurementError(ValueError):
    """An input that a statistic is not defined for, with what to do about it."""

    def __init__(self, *, expected: str, found: str, remedy: str) -> None:
        super().__init__(f"expected {expected}; found {found}; remedy: {remedy}")
        self.expected = expected
        self.found = found
        self.remedy = remedy
