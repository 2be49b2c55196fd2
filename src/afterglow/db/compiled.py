"""Query sets whose SQL is made once: on a road that is taken every second, making it costs most.

Write the query set with a ``slot`` where a value goes, and call it with the values::

    _LOCKED = Compiled(
        lambda: TreatmentSession.objects.select_for_update().filter(pk__any_of=slot("keys"))
    )
    sessions = _LOCKED(keys=[1, 2])

What comes back are the rows that the query set gives, with what it selects beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Field, Lookup, Model, QuerySet, Value
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

from afterglow.db.pipelines import planned_cursor

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str


class _Open(Value):
    """A value that is not known yet; it reaches the parameters as the slot that it is."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self.value,)


def slot(name: str, field: Field[Any, Any] | None = None) -> Value:
    """Return the place of a value; ``field`` where the comparison must know of what type."""
    return _Open(_Slot(name), output_field=field)


@Field.register_lookup
class AnyOf(Lookup[Any]):
    """``column__any_of=slot("keys")``: the column holds one of a list of values."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, before = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", (*before, self.rhs.value)


class Compiled(Generic[M]):
    """A query set of rows of a model, made into SQL at its first use."""

    def __init__(self, make: Callable[[], QuerySet[M]]) -> None:
        self._make = make
        self._sql = ""
        self._parameters: tuple[Any, ...] = ()

    def asks(self, **values: Any) -> tuple[str, Sequence[Any]]:
        """Return the statement and its parameters, to be asked together with others."""
        self._compile()
        if self._locks and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction only.")
        return self._sql, [
            values[each.name] if isinstance(each, _Slot) else each for each in self._parameters
        ]

    def rows(self, found: Iterable[Sequence[Any]]) -> list[M]:
        """Return the rows of the model from those that the statement gave."""
        if self._converters:
            found = self._compiler.apply_converters(found, self._converters)
        objects = []
        for row in found:
            one = self._model.from_db(connection.alias, self._names, row[self._cut])
            for populator in self._populators:
                populator.populate(row, one)
            objects.append(one)
        return objects

    def __call__(self, **values: Any) -> list[M]:
        """Ask now."""
        with planned_cursor() as cursor:
            cursor.execute(*self.asks(**values))
            return self.rows(cursor.fetchall())

    def _compile(self) -> None:
        if self._sql:
            return
        query = self._make().query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        # From here on it is what Django's own iterable does with what its compiler says.
        select, kind = compiler.select, compiler.klass_info
        fields = kind["select_fields"]
        self._compiler = compiler
        self._locks: bool = query.select_for_update
        self._converters = compiler.get_converters([column[0] for column in select])
        self._model: type[M] = kind["model"]
        self._cut = slice(fields[0], fields[-1] + 1)
        self._names = [column[0].target.attname for column in select[self._cut]]
        populators: Any = get_related_populators  # its types are those of a later Django
        self._populators = populators(kind, select, connection.alias)
        self._parameters, self._sql = tuple(parameters), sql
