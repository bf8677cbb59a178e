"""What sqlfluff sees in place of dbt's cross-database macros: types by name, functions as calls."""

from __future__ import annotations

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    """Return a stand-in for `dbt.<name>(…)`."""
    if name.startswith("__"):
        raise AttributeError(name)

    def rendered(*arguments: object, **named: object) -> str:
        if name.startswith("type_"):
            return {"type_string": "text", "type_int": "integer"}.get(name, name[5:])
        values = [*arguments, *named.values()]
        return f"{name}({', '.join(str(value) for value in values)})"

    return rendered
