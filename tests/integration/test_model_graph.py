"""The arrows between tables: a foreign key or a signal never points at a higher app."""

from __future__ import annotations

import inspect

import pytest
from django.apps import apps
from django.db.models import signals

ORDER = [
    ["audit", "events", "definitions", "documents", "work", "notices"],
    ["pharmacology"],
    ["places"],
    ["accounts"],
    ["people"],
    ["devices"],
    ["medicines"],
    ["evidence"],
    ["courses"],
    ["consent"],
    ["scheduling"],
    ["visits"],
    ["monitoring", "assessments", "stock"],
    ["treatment"],
    ["frontdoor"],
]
LEVEL = {label: level for level, labels in enumerate(ORDER) for label in labels}
OURS = [config for config in apps.get_app_configs() if config.name.startswith("afterglow.apps.")]
FOREIGN_KEYS = [
    (model, field)
    for config in OURS
    for model in config.get_models()
    for field in model._meta.get_fields()
    if field.is_relation and field.concrete and field.related_model is not None
]


def test_every_app_has_its_place_in_the_order() -> None:
    assert {config.label for config in OURS} == set(LEVEL)


@pytest.mark.parametrize(
    ("model", "field"), FOREIGN_KEYS, ids=[f"{m._meta.label}.{f.name}" for m, f in FOREIGN_KEYS]
)
def test_a_foreign_key_points_at_its_own_app_or_a_lower_one(model: type, field: object) -> None:
    source = model._meta.app_label  # type: ignore[attr-defined]
    target = field.related_model._meta.app_label  # type: ignore[attr-defined]
    if target not in LEVEL:
        assert target in {"pghistory", "contenttypes", "auth", "sessions"}
        return
    assert source == target or LEVEL[target] < LEVEL[source]


def test_base_apps_refer_to_people_and_rows_by_public_id_only() -> None:
    base = set(ORDER[0])

    pointing_out = [
        f"{model._meta.label}.{field.name}"
        for model, field in FOREIGN_KEYS
        if model._meta.app_label in base
        and field.related_model is not None
        and field.related_model._meta.app_label not in base | {"pghistory"}
    ]

    assert pointing_out == []


def test_no_app_listens_to_the_signals_of_another() -> None:
    listeners = [
        (receiver[1]() if callable(receiver[1]) else None, name)
        for name in ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
        for receiver in getattr(signals, name).receivers
    ]

    ours = [
        f"{inspect.getmodule(function).__name__} on {name}"  # type: ignore[union-attr]
        for function, name in listeners
        if function is not None
        and getattr(inspect.getmodule(function), "__name__", "").startswith("afterglow.")
    ]

    assert ours == []
