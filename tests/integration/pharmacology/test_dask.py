"""A population spread over a Dask cluster is the population of one thread."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from distributed import LocalCluster

from afterglow.config.commands.pk_population import over_dask
from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import BaseMass, Regimen
from afterglow.core.pharmacology.population import Task, simulate_population
from afterglow.core.pharmacology.sampling import PART, shipped_population

HALF_MG_PER_KG = Regimen.constant(BaseMass(0.5), over_min=40)


@pytest.fixture(
    params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["threads", "processes"]
)
def scheduler(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a local cluster of two workers: threads, or processes of their own."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1" if request.param else None,
        dashboard_address=None,
        processes=request.param,
    ) as cluster:
        yield str(cluster.scheduler_address)


def test_a_cluster_finds_what_one_thread_finds(scheduler: str) -> None:
    people = shipped_population(5 * PART + 123, 11)
    task = Task("otto2021", HALF_MG_PER_KG, (20.0, 40.0, 80.0), people, per_kg=True)

    spread, alone = over_dask(task, scheduler), simulate_population(task, threads=1)

    assert spread.size == people.size
    np.testing.assert_array_equal(spread.band, alone.band)
    np.testing.assert_array_equal(spread.spread, alone.spread)


def test_a_task_that_cannot_be_is_refused_before_it_is_sent(scheduler: str) -> None:
    task = Task("kamp2020", HALF_MG_PER_KG, (40.0,), shipped_population(10, 1))

    with pytest.raises(InvalidValue, match="no between-subject variability"):
        over_dask(task, scheduler)
