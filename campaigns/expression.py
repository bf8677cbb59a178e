"""The audience: one boolean expression on tags, parsed, checked and bound, never pasted.

Only the nodes named here may occur; every name must be a tag; every literal becomes a bound
parameter. What reaches the database is built from this tree, not from the text of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import sqlglot
from psycopg import sql
from sqlglot import exp
from sqlglot.errors import SqlglotError

Kind = Literal["text", "number", "boolean", "date"]
MAXIMUM_LENGTH = 2_000
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_KIND_WORDS = {"text": "text", "number": "a number", "boolean": "true or false", "date": "a date"}


class ExpressionError(ValueError):
    """The text is not an audience expression; the message says why."""


@dataclass(frozen=True)
class Tag:
    """A column of `tags.customer_tags` as an expression may use it."""

    name: str
    kind: Kind
    status: str = "live"


@dataclass(frozen=True)
class Audience:
    """A checked expression: SQL with bound parameters, the tags it reads, and its tree.

    `deprecated_tags` are those of `tags` that will be retired.
    """

    text: str
    condition: sql.Composed
    parameters: Mapping[str, Any]
    tags: frozenset[str]
    tree: exp.Expr
    deprecated_tags: frozenset[str] = frozenset()


def parse_audience(text: str, tags: Mapping[str, Tag]) -> Audience:
    """Parse and check one expression.

    Args:
        text: for example `lifecycle_stage in ('mature', 'growing') and not has_wealth`.
        tags: the catalogue by name; draft and retired tags are refused.

    Raises:
        ExpressionError: not one boolean expression, a node outside the allow-list, an unknown,
            draft or retired tag, or operands of different kinds.
    """
    tree = _tree(text)
    compiler = _Compiler(tags)
    condition = sql.Composed([compiler.boolean(tree)])
    used = frozenset(compiler.used)
    deprecated = frozenset(name for name in used if tags[name].status == "deprecated")
    return Audience(text, condition, compiler.parameters, used, tree, deprecated)


def conjuncts(tree: exp.Expr) -> list[exp.Expr]:
    """The parts that must all hold: the operands of the outermost `and`."""
    if isinstance(tree, exp.Paren):
        return conjuncts(tree.this)
    if isinstance(tree, exp.And):
        return [*conjuncts(tree.left), *conjuncts(tree.right)]
    return [tree]


def _tree(text: str) -> exp.Expr:
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(f"longer than {MAXIMUM_LENGTH} characters")
    if "--" in text or "/*" in text:
        raise ExpressionError("comments are not part of an expression")
    try:
        found = sqlglot.parse(f"select {text}", read="postgres")
    except SqlglotError:
        raise ExpressionError("cannot be read as an expression") from None
    if len(found) != 1 or not isinstance(found[0], exp.Select):
        raise ExpressionError("SQL beyond one expression")
    select = found[0]
    extra = [name for name, part in select.args.items() if part and name not in ("expressions",)]
    if extra or len(select.expressions) != 1:
        raise ExpressionError("SQL beyond one expression")
    only: exp.Expr = select.expressions[0]
    return only


class _Compiler:
    """Walks the tree; whatever it does not know, it refuses."""

    def __init__(self, tags: Mapping[str, Tag]) -> None:
        self._tags = tags
        self.used: set[str] = set()
        self.parameters: dict[str, Any] = {}

    def boolean(self, node: exp.Expr) -> sql.Composable:
        handler = self._handlers().get(type(node))
        if handler is None:
            raise ExpressionError(f"{_named(node)} is not allowed in an audience")
        return handler(node)

    def _handlers(self) -> dict[type[exp.Expr], Callable[[Any], sql.Composable]]:
        return {
            exp.And: lambda node: self._pair(node, "and"),
            exp.Or: lambda node: self._pair(node, "or"),
            exp.Not: lambda node: sql.SQL("(not {})").format(self.boolean(node.this)),
            exp.Paren: lambda node: self.boolean(node.this),
            exp.Column: self._flag,
            exp.Is: self._is,
            exp.In: self._in,
            exp.Between: self._between,
            **dict.fromkeys(_COMPARISONS, self._comparison),
        }

    def _pair(self, node: exp.Binary, word: str) -> sql.Composable:
        left, right = self.boolean(node.left), self.boolean(node.right)
        return sql.SQL("({} " + word + " {})").format(left, right)

    def _flag(self, node: exp.Column) -> sql.Composable:
        tag = self._tag(node)
        if tag.kind != "boolean":
            raise ExpressionError(f"tag {tag.name} is {_KIND_WORDS[tag.kind]}, not true or false")
        return sql.Identifier("tag", tag.name)

    def _comparison(self, node: exp.Binary) -> sql.Composable:
        tag, other = self._tag(node.left), node.right
        if tag.kind in ("text", "boolean") and not isinstance(node, exp.EQ | exp.NEQ):
            raise ExpressionError(f"tag {tag.name} is {_KIND_WORDS[tag.kind]}: it has no order")
        operator = sql.SQL(_COMPARISONS[type(node)])
        return self._joined(tag, operator, self._operand(tag, other))

    def _operand(self, tag: Tag, node: exp.Expr) -> sql.Composable:
        if not isinstance(node, exp.Column):
            return self._literal(tag, node)
        other = self._tag(node)
        if other.kind != tag.kind:
            raise ExpressionError(f"tags {tag.name} and {other.name} are of different kinds")
        return sql.Identifier("tag", other.name)

    def _is(self, node: exp.Is) -> sql.Composable:
        tag = self._tag(node.this)
        if isinstance(node.expression, exp.Null):
            return sql.SQL("({} is null)").format(sql.Identifier("tag", tag.name))
        if isinstance(node.expression, exp.Boolean) and tag.kind == "boolean":
            word = "true" if node.expression.this else "false"
            return sql.SQL("({} is " + word + ")").format(sql.Identifier("tag", tag.name))
        raise ExpressionError("`is` takes null, or true and false for a boolean tag")

    def _in(self, node: exp.In) -> sql.Composable:
        if node.args.get("query") or node.args.get("unnest") or not node.expressions:
            raise ExpressionError("`in` takes a list of values, no query")
        tag = self._tag(node.this)
        values = sql.SQL(", ").join(self._literal(tag, value) for value in node.expressions)
        return sql.SQL("({} in ({}))").format(sql.Identifier("tag", tag.name), values)

    def _between(self, node: exp.Between) -> sql.Composable:
        tag = self._tag(node.this)
        if tag.kind in ("text", "boolean") or node.args.get("symmetric"):
            raise ExpressionError(f"tag {tag.name} is {_KIND_WORDS[tag.kind]}: it has no order")
        low, high = self._literal(tag, node.args["low"]), self._literal(tag, node.args["high"])
        column = sql.Identifier("tag", tag.name)
        return sql.SQL("({} between {} and {})").format(column, low, high)

    def _joined(self, tag: Tag, operator: sql.SQL, other: sql.Composable) -> sql.Composable:
        return sql.SQL("({} {} {})").format(sql.Identifier("tag", tag.name), operator, other)

    def _tag(self, node: exp.Expr) -> Tag:
        if not isinstance(node, exp.Column):
            raise ExpressionError(f"expected a tag, found {_named(node)}")
        if node.table or not isinstance(node.this, exp.Identifier):
            raise ExpressionError("a tag is named alone, without a table")
        name = node.name
        tag = self._tags.get(name)
        if tag is None:
            raise ExpressionError(f"unknown tag {name}")
        if tag.status not in ("live", "deprecated"):
            raise ExpressionError(f"{tag.status} tag {name}")
        self.used.add(name)
        return tag

    def _bind(self, value: object) -> sql.Placeholder:
        name = f"audience_{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)

    def _literal(self, tag: Tag, node: exp.Expr) -> sql.Placeholder:
        value = _value(node)
        if _kind_of(value) == tag.kind:
            return self._bind(value)
        if tag.kind == "date" and isinstance(value, str):
            try:
                return self._bind(date.fromisoformat(value))
            except ValueError:
                raise ExpressionError(f"tag {tag.name} is a date: write 'YYYY-MM-DD'") from None
        found = _KIND_WORDS[_kind_of(value)]
        raise ExpressionError(f"tag {tag.name} is {_KIND_WORDS[tag.kind]}, compared with {found}")


def _value(node: exp.Expr) -> str | int | Decimal | bool:
    if isinstance(node, exp.Paren):
        return _value(node.this)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        if isinstance(inner, int | Decimal) and not isinstance(inner, bool):
            return -inner
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.this)
        number = Decimal(str(node.this))
        return int(number) if number == number.to_integral_value() else number
    raise ExpressionError(f"expected a value, found {_named(node)}")


def _kind_of(value: object) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | Decimal) else "text"


def _named(node: exp.Expr) -> str:
    words: dict[type[exp.Expr], str] = {
        exp.Subquery: "a query",
        exp.Select: "a query",
        exp.Anonymous: "a function",
        exp.Null: "null (write `is null`)",
    }
    if type(node) in words:
        return words[type(node)]
    if isinstance(node, exp.Func):
        return f"the function {node.sql_name().lower()}"
    return f"`{node.key}`"
