"""Laws of who is with a patient, for any sequence of comings and goings."""

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.treatment.coverage import Stretch, most_at_once, prove

ZERO = dt.datetime(2026, 11, 27, 10, tzinfo=dt.UTC)
LENGTH = 60


def at(minute: int) -> dt.datetime:
    return ZERO + dt.timedelta(minutes=minute)


@st.composite
def comings_and_goings(draw: st.DrawFn) -> list[Stretch]:
    """Stretches that never overlap, before, in and after an hour; some with nobody between."""
    cuts = sorted(draw(st.sets(st.integers(-30, LENGTH + 30), min_size=2, max_size=12)))
    spans = [span for span in pairwise(cuts) if draw(st.booleans())]
    return [Stretch(draw(st.sampled_from("abc")), at(b), at(e)) for b, e in spans]


@given(rows=comings_and_goings(), data=st.data())
def test_what_is_covered_and_the_gaps_are_the_whole_infusion(
    rows: list[Stretch], data: st.DataObject
) -> None:
    proof = prove(rows, begins=at(0), ends=at(LENGTH))
    missing = sum((gap.lasted for gap in proof.gaps), dt.timedelta())

    assert proof.covered + missing == proof.lasted == dt.timedelta(minutes=LENGTH)
    assert all(one.ends < other.begins for one, other in pairwise(proof.gaps))
    # Minute by minute, somebody is there or it lies in a gap, and never both.
    for minute in range(LENGTH):
        moment = at(minute) + dt.timedelta(seconds=30)
        there = any(r.begins <= moment and (r.ends is None or moment < r.ends) for r in rows)
        assert there is not any(g.begins <= moment < g.ends for g in proof.gaps)
    shuffled = data.draw(st.permutations(rows))
    again = prove(shuffled, begins=at(0), ends=at(LENGTH))
    assert (again.covered, again.gaps) == (proof.covered, proof.gaps)


@given(rows=comings_and_goings())
def test_stretches_of_one_patient_put_nobody_in_two_places(rows: list[Stretch]) -> None:
    assert set(most_at_once(rows, until=at(LENGTH)).values()) <= {1}
