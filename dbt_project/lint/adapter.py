"""What sqlfluff sees in place of dbt's `adapter`: a dispatched macro becomes a call of its name."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(macro_name: str, macro_namespace: str = "") -> Callable[..., str]:
    """Return a stand-in that renders `macro_name(…)`, which parses as an expression."""

    def rendered(*arguments: object, **named: object) -> str:
        values = [*arguments, *named.values()]
        return f"{macro_name}({', '.join(str(value) for value in values)})"

    return rendered
