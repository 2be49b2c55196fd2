"""Migrate without drawing every model anew at every step.

Django renders a model and all its relations again after each operation. For triggers, constraints
and indexes nothing of what is rendered is looked at again: their SQL is made from the fields. With
hundreds of them, on models that all lead to one another, that is most of a first start's time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState
from pgtrigger import migrations as triggers


@contextmanager
def lean_states() -> Iterator[None]:
    """Migrate faster inside: the tables come out the same, which a test compares.

    Changes Django's and pgtrigger's classes for as long as it lasts: for a process of its own, not
    for one that serves requests.
    """
    # Neither is a public name: what they do is checked by the test that compares the tables.
    state: Any = ProjectState
    trigger: Any = triggers.AddTrigger
    append, add = state._append_option, trigger.state_forwards
    collecting = gc.isenabled()

    def append_only(self: Any, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        options = self.models[app_label, model_name].options
        options[option_name] = [*options.get(option_name, []), obj]

    def add_only(self: Any, app_label: str, state: Any) -> None:
        append_only(state, app_label, self.model_name, "triggers", self.trigger)

    state._append_option, trigger.state_forwards = append_only, add_only
    gc.disable()  # classes by the thousand that hold each other; the process ends soon after
    try:
        yield
    finally:
        state._append_option, trigger.state_forwards = append, add
        if collecting:
            gc.enable()
            gc.collect()
