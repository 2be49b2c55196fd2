"""What is in the bag: drawn milligrams = drawn volume × strength, in a total volume.

Everything given later is reckoned from here, never from the ordered dose.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import Concentration, Dose, Volume
from afterglow.core.quantities.numbers import from_fraction

NOTHING = Volume.ml(0)


class Mixing(StrEnum):
    """How the drawn drug meets its diluent."""

    REPLACE = "replace"  # as much diluent is taken out first: the bag keeps its volume
    ADD = "add"  # the drug goes on top: the bag grows


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn from vials: a volume at a strength."""

    volume: Volume
    strength: Concentration

    @property
    def dose(self) -> Dose:
        """The milligrams drawn: volume × strength."""
        return self.strength * self.volume


@dataclass(frozen=True, slots=True)
class Diluent:
    """The fluid a drug is drawn into, and what of the mixture cannot reach the patient.

    ``residual`` stays behind in the bag and drip chamber; ``line`` is the priming volume of the
    tubing, which stays behind too unless it is ``flushed`` through afterwards.
    """

    volume: Volume
    mixing: Mixing = Mixing.REPLACE
    residual: Volume = NOTHING
    line: Volume = NOTHING
    flushed: bool = False

    @property
    def left_behind(self) -> Volume:
        """The volume that does not reach the patient."""
        return self.residual if self.flushed else self.residual + self.line


@dataclass(frozen=True, slots=True)
class Bag:
    """A prepared bag. Refuses one that could not be mixed or that would deliver nothing."""

    draw: Draw
    diluent: Diluent

    def __post_init__(self) -> None:
        if self.diluent.mixing is Mixing.REPLACE and self.draw.volume > self.diluent.volume:
            raise InvalidValue(
                f"{self.draw.volume} of drug cannot replace as much of "
                f"{self.diluent.volume} of diluent."
            )
        if not self.draw.volume > NOTHING:
            raise InvalidValue("A bag needs drug: 0 mL was drawn.")
        if self.diluent.residual + self.diluent.line >= self.total:
            raise InvalidValue(
                f"Nothing of {self.total} would reach the patient: {self.diluent.residual} stays "
                f"in the bag and {self.diluent.line} fills the line."
            )

    @property
    def drawn(self) -> Dose:
        """The milligrams in the bag."""
        return self.draw.dose

    @property
    def taken_out(self) -> Volume:
        """The diluent to take out of its bag before the drug goes in."""
        return self.draw.volume if self.diluent.mixing is Mixing.REPLACE else NOTHING

    @property
    def diluent_kept(self) -> Volume:
        """The diluent in the mixture."""
        return self.diluent.volume - self.taken_out

    @property
    def total(self) -> Volume:
        """The volume of the mixture."""
        return self.diluent_kept + self.draw.volume

    @property
    def undiluted(self) -> bool:
        """Whether there is no diluent in the mixture."""
        return self.diluent_kept == NOTHING

    @property
    def concentration(self) -> Concentration:
        """Milligrams in each millilitre of the mixture (34 digits)."""
        return self.drawn / self.total

    @property
    def volume_to_be_infused(self) -> Volume:
        """What the pump is set to deliver: the mixture less what it cannot push through.

        With a flushed line the pump empties the bag into the line and the flush does the rest,
        so the line's volume reaches the patient and is counted here.
        """
        return self.total - self.diluent.left_behind

    @property
    def deliverable(self) -> Dose:
        """The most that can reach the patient. Drawn = deliverable + left behind, exactly."""
        return self.drawn - self.left_behind

    @property
    def left_behind(self) -> Dose:
        """The drug in the volume that does not reach the patient."""
        return self.dose_in(Fraction(self.diluent.left_behind.value))

    def dose_in(self, millilitres: Fraction) -> Dose:
        """Return the drug in a volume of the mixture: drawn × volume ÷ total, rounded once."""
        share = Fraction(self.drawn.value) * millilitres / Fraction(self.total.value)
        return Dose(from_fraction(share))
