"""Other solvers on the bench's task, each where it is installed: dependency group ``pk-bench``.

Their speed is over a handful of patients drawn by us, one timed pass after a warm-up; their error
is against the 40-digit values of the typical patient.
"""

from __future__ import annotations

import importlib.util
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from afterglow.config.commands.pk_golden import MINUTES, golden_errors
from afterglow.core.pharmacology import BaseMass, Patient, Regimen, building, load_model
from afterglow.core.pharmacology.building import Schedule, System
from afterglow.core.pharmacology.sampling import sample, shipped_population

Solver = Callable[[System, Schedule, Any], Any]
"""Takes the system, a schedule of one infusion and ascending times; returns levels (2, t)."""


def measure_peers() -> list[dict[str, Any]]:
    """Return a row for every solver that is installed, and one that says so for each other."""
    rows = []
    for name, needs, patients, solver in PEERS:
        if any(importlib.util.find_spec(package) is None for package in needs):
            rows.append({"solver": name, "patients_per_s": None, "missing": ", ".join(needs)})
            continue
        try:
            rows.append(_measure(name, patients, solver()))
        except Exception as no:  # one peer's failure must not take the others' rows away
            rows.append({"solver": name, "patients_per_s": None, "failed": f"{no}"[:200]})
    return rows


def _bodies(count: int) -> list[tuple[System, Schedule]]:
    model = load_model("otto2021")
    drawn = sample(model, shipped_population(max(count, 2), 1), 0)
    found = []
    for patient in range(count):
        values = {
            name: float(np.ravel(value)[0])
            for name, value in drawn.only(slice(patient, patient + 1)).items()
        }
        found.append(_system(values, 0.5 * float(drawn.weight_kg[patient])))
    return found


def _system(values: dict[str, Any], mg: float) -> tuple[System, Schedule]:
    model = load_model("otto2021")
    system = building.build_system(model, values, routes=["intravenous"])
    regimen = Regimen.constant(BaseMass(mg), over_min=40)
    return system, building.schedule(model, system, values, regimen)


def _measure(name: str, patients: int, solver: Solver) -> dict[str, Any]:
    times = np.arange(MINUTES + 1.0)
    bodies = _bodies(patients)
    solver(*bodies[0], times)
    began = time.process_time()
    for system, plan in bodies:
        solver(system, plan, times)
    took = time.process_time() - began
    model = load_model("otto2021")
    typical = building.typical_parameters(model, building.covariates_of(Patient()))
    one = _system(typical, 35.0)

    def golden(at: Sequence[float]) -> dict[str, Any]:
        found = solver(*one, np.array([0.0, *at]))
        names = ("ketamine", "norketamine")
        return dict(zip(names, np.atleast_2d(found)[:, 1:], strict=False))

    ketamine, norketamine = golden_errors(golden)
    return {
        "solver": name,
        "patients_per_s": patients / took,
        "ketamine_error": ketamine,
        "norketamine_error": None if np.isnan(norketamine) else norketamine,
    }


def _slope(system: System, rate: Any) -> Callable[[float, Any], Any]:
    return lambda t, x: system.matrix @ x + rate


def scipy_ivp(method: str, tolerance: float) -> Callable[[], Solver]:
    """Return SciPy's ``solve_ivp``, restarted at the end of the infusion."""

    def make() -> Solver:
        from scipy.integrate import solve_ivp

        def solve(system: System, plan: Schedule, times: Any) -> Any:
            state = np.zeros(len(system.states))
            pieces = []
            ends = [*plan.at[1:], times[-1]]
            for begins, ends_at, rate in zip(plan.at, ends, plan.rates, strict=True):
                inside = times[(times >= begins) & (times < ends_at)]
                if ends_at == times[-1]:
                    inside = times[times >= begins]
                asked = np.unique([*inside, ends_at])
                run = solve_ivp(
                    _slope(system, rate),
                    (begins, ends_at),
                    state,
                    method=method,
                    t_eval=asked,
                    rtol=tolerance,
                    atol=1e-12,
                )
                pieces.append(run.y[:, np.isin(asked, inside)])
                state = run.y[:, -1]
            return system.read @ np.concatenate(pieces, axis=1)

        return solve

    return make


def scipy_odeint() -> Solver:
    """Return SciPy's ``odeint`` (LSODA), restarted at the end of the infusion."""
    from scipy.integrate import odeint

    def solve(system: System, plan: Schedule, times: Any) -> Any:
        state = np.zeros(len(system.states))
        pieces = []
        for index, (begins, rate) in enumerate(zip(plan.at, plan.rates, strict=True)):
            last = index == len(plan.at) - 1
            end = np.inf if last else plan.at[index + 1]
            inside = times[(times >= begins) & (times < end)]
            asked = np.unique([begins, *inside, *([] if last else [end])])
            slope = _slope(system, rate)
            levels = odeint(lambda x, t, f=slope: f(t, x), state, asked, rtol=1e-8, atol=1e-12)
            pieces.append(levels[np.isin(asked, inside)].T)
            state = levels[-1]
        return system.read @ np.concatenate(pieces, axis=1)

    return solve


def roadrunner_cvode() -> Solver:
    """Return libroadrunner's CVODE on an Antimony model with a stop of the infusion as an event."""
    import antimony
    import roadrunner

    size = 5
    names = [f"x{i}" for i in range(size)]
    lines = ["model body()", *(f"{n} = 0;" for n in names), "r = 0;"]
    lines += [f"a{i}_{j} = 0;" for i in range(size) for j in range(size)]
    for i in range(size):
        terms = " + ".join(f"a{i}_{j}*x{j}" for j in range(size))
        lines.append(f"x{i}' = {terms}{' + r' if i == 0 else ''};")
    text = "\n".join([*lines, "end"])
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise RuntimeError(antimony.getLastError())
    runner = roadrunner.RoadRunner(antimony.getSBMLString("body"))
    runner.integrator.relative_tolerance = 1e-8
    runner.integrator.absolute_tolerance = 1e-12
    runner.timeCourseSelections = ["time", *names]

    def solve(system: System, plan: Schedule, times: Any) -> Any:
        runner.resetAll()
        for i in range(size):
            for j in range(size):
                runner[f"a{i}_{j}"] = float(system.matrix[i, j])
        pieces = []
        for index, (begins, rate) in enumerate(zip(plan.at, plan.rates, strict=True)):
            runner["r"] = float(rate[0])
            end = times[-1] if index == len(plan.at) - 1 else plan.at[index + 1]
            last = index == len(plan.at) - 1
            inside = times[(times >= begins) & ((times <= end) if last else (times < end))]
            asked = np.unique([begins, *inside, end])
            found = np.array(runner.simulate(times=list(asked)))
            pieces.append(found[np.isin(asked, inside), 1:].T)
        return system.read @ np.concatenate(pieces, axis=1)

    return solve


def diffrax_tsit5() -> Solver:
    """Return diffrax's Tsit5 in float64, compiled once."""
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    @jax.jit  # type: ignore[untyped-decorator]
    def solve_compiled(matrix: Any, rate: Any, stop: Any, times: Any) -> Any:
        term = diffrax.ODETerm(lambda t, x, a: matrix @ x + jnp.where(t < stop, 1.0, 0.0) * rate)
        return diffrax.diffeqsolve(
            term,
            diffrax.Tsit5(),
            t0=0.0,
            t1=times[-1],
            dt0=0.1,
            y0=jnp.zeros(5),
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.ClipStepSizeController(
                diffrax.PIDController(rtol=1e-6, atol=1e-9), jump_ts=jnp.array([40.0])
            ),
            max_steps=4096,
        ).ys

    def solve(system: System, plan: Schedule, times: Any) -> Any:
        states = solve_compiled(system.matrix, plan.rates[0], plan.at[1], times)
        return system.read @ np.asarray(states).T

    return solve


def pytci_exact() -> Solver:
    """Return PyTCI's three compartments with our rates; it has no metabolite."""
    from PyTCI.models.base import Three

    def solve(system: System, plan: Schedule, times: Any) -> Any:
        k = system.matrix
        body = Three()
        body.v1 = 1000.0 / system.read[0, 0]
        body.k10 = -k[0, 0] - k[1, 0] - k[2, 0]
        body.k12, body.k13, body.k21, body.k31 = k[1, 0], k[2, 0], k[0, 1], k[0, 2]
        body.keo = 0.1
        body.setup()
        body.set_integrator("exact")
        levels = [0.0]
        for begins, ends in itertools.pairwise(times):
            rate = plan.rates[0][0] if begins < plan.at[1] else 0.0
            levels.append(1000.0 * body.giveoverseconds(rate / 60.0, 60.0 * (ends - begins)))
        return np.array([levels])

    return solve


PEERS: tuple[tuple[str, tuple[str, ...], int, Callable[[], Solver]], ...] = (
    ("SciPy solve_ivp LSODA, 1e-8", ("scipy",), 20, scipy_ivp("LSODA", 1e-8)),
    ("SciPy solve_ivp RK45, 1e-6", ("scipy",), 20, scipy_ivp("RK45", 1e-6)),
    ("SciPy solve_ivp Radau, 1e-8", ("scipy",), 3, scipy_ivp("Radau", 1e-8)),
    ("SciPy odeint, 1e-8", ("scipy",), 50, scipy_odeint),
    ("libroadrunner CVODE, 1e-8", ("roadrunner", "antimony"), 50, roadrunner_cvode),
    ("diffrax Tsit5, 1e-6", ("diffrax",), 200, diffrax_tsit5),
    ("PyTCI exact, no metabolite", ("PyTCI",), 20, pytci_exact),
)
