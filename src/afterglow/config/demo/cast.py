"""Who and what the demo clinic is made of. Nobody here exists; telephone numbers are 555-01xx."""

from __future__ import annotations

from dataclasses import dataclass

from afterglow.core.roles import Role

PASSWORD = "afterglow-demo"  # noqa: S105 (printed at every start; demo accounts exist only there)
PIN = "246810"


@dataclass(frozen=True, slots=True)
class Place:
    """One site. ``rooms`` are infusion rooms: each has a monitor and a pump."""

    code: str
    name: str
    time_zone: str
    address: str
    rooms: tuple[str, ...]
    opens: int = 7
    closes: int = 19


PLACES = (
    Place(
        "harbor-street",
        "Harbor Street",
        "America/New_York",
        "40 Harbor Street, Boston, MA",
        ("Room 1", "Room 2", "Room 3", "Room 4", "Room 5"),
    ),
    Place(
        "lakeside",
        "Lakeside",
        "America/Chicago",
        "12 Wabash Court, Chicago, IL",
        ("North", "South", "East"),
    ),
    Place(
        "foothills",
        "Foothills",
        "America/Denver",
        "300 Juniper Way, Denver, CO",
        ("Aspen", "Birch", "Cedar"),
        8,
        18,
    ),
    Place(
        "saguaro",
        "Saguaro",
        "America/Phoenix",
        "9 Ocotillo Road, Phoenix, AZ",
        ("Room A", "Room B", "Room C"),
        6,
        15,
    ),
    Place(
        "sound",
        "Puget Sound",
        "America/Los_Angeles",
        "77 Ferry Terrace, Seattle, WA",
        ("Tide", "Current", "Harbor", "Reef"),
        8,
        18,
    ),
)
MAIN = PLACES[0].code


def serial_of(kind: str, site: int, room: int) -> int:
    """Return the number of a demo device: the site counts from 0, the room from 1."""
    return (site * 100 + room) * 10 + (1 if kind == "monitor" else 2)


def eui64_of(kind: str, site: int, room: int) -> str:
    """Return a demo device's EUI-64: locally administered, so it is no maker's number."""
    return f"{0x02AF61FFFE000000 + serial_of(kind, site, room):016X}"


@dataclass(frozen=True, slots=True)
class Colleague:
    """One member of staff; ``site`` "" is every site. ``shown`` sign-ins are printed."""

    username: str
    given: str
    family: str
    title: str
    role: Role
    site: str = MAIN
    shown: bool = False


STAFF = (
    Colleague("nurse", "Nora", "Lindqvist", "RN", Role.MONITOR, shown=True),
    Colleague("nurse2", "Theo", "Marchetti", "RN", Role.MONITOR, shown=True),
    Colleague("doctor", "Elena", "Reyes", "MD", Role.PRESCRIBER, shown=True),
    Colleague("director", "Mara", "Okonkwo", "MD", Role.MEDICAL_DIRECTOR, "", shown=True),
    Colleague("desk", "Felix", "Auden", "", Role.FRONT_DESK, shown=True),
    Colleague("custodian", "Pia", "Sorensen", "PharmD", Role.CUSTODIAN, "", shown=True),
    Colleague("admin", "Avery", "Lund", "", Role.ADMINISTRATOR, "", shown=True),
    Colleague("ines", "Ines", "Carvalho", "RN", Role.MONITOR),
    Colleague("omar", "Omar", "Haddad", "RN", Role.MONITOR),
    Colleague("june", "June", "Whitlock", "RN", Role.MONITOR),
    Colleague("lena", "Lena", "Petrov", "RN", Role.MONITOR),
    Colleague("sam", "Sam", "Okafor", "RN", Role.MONITOR),
    Colleague("dr.bell", "Ruth", "Bell", "MD", Role.PRESCRIBER, "lakeside"),
    Colleague("grace", "Grace", "Nilsen", "RN", Role.MONITOR, "lakeside"),
    Colleague("ivan", "Ivan", "Dorsey", "RN", Role.MONITOR, "lakeside"),
    Colleague("dr.amari", "Yusuf", "Amari", "MD", Role.PRESCRIBER, "foothills"),
    Colleague("hazel", "Hazel", "Quint", "RN", Role.MONITOR, "foothills"),
    Colleague("milo", "Milo", "Brandt", "RN", Role.MONITOR, "foothills"),
    Colleague("dr.vega", "Carmen", "Vega", "MD", Role.PRESCRIBER, "saguaro"),
    Colleague("tess", "Tess", "Holloway", "RN", Role.MONITOR, "saguaro"),
    Colleague("ravi", "Ravi", "Menon", "RN", Role.MONITOR, "saguaro"),
    Colleague("dr.kim", "Hana", "Kim", "MD", Role.PRESCRIBER, "sound"),
    Colleague("noel", "Noel", "Fraser", "RN", Role.MONITOR, "sound"),
    Colleague("wren", "Wren", "Castillo", "RN", Role.MONITOR, "sound"),
)


@dataclass(frozen=True, slots=True)
class Chart:
    """One invented patient. ``medicines`` are (name, dose); ``sessions`` were earlier ones."""

    given: str
    family: str
    born: str
    sex: str
    cm: str
    kg: str
    phq9: int
    site: str = MAIN
    sessions: int = 0
    mg_per_kg: str = "0.5"
    allergy: tuple[str, str] | None = None
    medicines: tuple[tuple[str, str], ...] = ()
    indication: tuple[str, str] = ("Major depressive disorder, recurrent, severe", "F33.2")
    therapist: str = "Kit Ferris, LICSW"


_SINGLE = ("Major depressive disorder, single episode, severe", "F32.2")
_PTSD = ("Post-traumatic stress disorder, chronic", "F43.12")
_BIPOLAR = ("Bipolar II disorder, current depressive episode", "F31.81")
_SERTRALINE = ("sertraline", "150 mg in the morning")
_LISINOPRIL = ("lisinopril", "10 mg in the morning")

CHARTS = (
    Chart(
        "Maren",
        "Osgood",
        "1984-05-14",
        "female",
        "165",
        "70.4",
        19,
        sessions=2,
        allergy=("penicillin", "hives"),
        medicines=(_SERTRALINE,),
    ),
    Chart(
        "Wendell",
        "Tran",
        "1971-11-02",
        "male",
        "178",
        "84.2",
        21,
        sessions=1,
        medicines=(("venlafaxine", "225 mg in the morning"), _LISINOPRIL),
    ),
    Chart(
        "Ottilie",
        "Brandvold",
        "1992-03-27",
        "female",
        "171",
        "62.8",
        17,
        medicines=(("bupropion", "300 mg in the morning"),),
        indication=_SINGLE,
    ),
    Chart(
        "Desmond",
        "Achebe",
        "1966-08-19",
        "male",
        "182",
        "91.5",
        22,
        sessions=1,
        allergy=("sulfamethoxazole", "rash"),
        medicines=(("mirtazapine", "30 mg at night"),),
    ),
    Chart(
        "Priya",
        "Raman",
        "1989-12-08",
        "female",
        "160",
        "58.3",
        18,
        medicines=(("escitalopram", "20 mg in the morning"),),
        indication=_PTSD,
    ),
    Chart("Callum", "Frey", "1979-06-30", "male", "175", "77.0", 20, medicines=(_SERTRALINE,)),
    Chart(
        "Beatriz",
        "Salgado",
        "1958-01-23",
        "female",
        "158",
        "66.1",
        16,
        medicines=(("duloxetine", "60 mg in the morning"), _LISINOPRIL),
    ),
    Chart("Anders", "Holm", "1995-09-11", "male", "186", "79.6", 19, indication=_BIPOLAR),
    Chart("Josephine", "Adeyemi", "1974-04-05", "female", "168", "72.9", 23),
    Chart("Tobias", "Kessler", "1987-02-17", "male", "180", "82.7", 18, "lakeside"),
    Chart("Mei", "Castellanos", "1991-07-21", "female", "163", "60.5", 17, "lakeside"),
    Chart("Rowan", "Ashby", "1969-10-09", "male", "177", "88.0", 20, "foothills"),
    Chart("Lucia", "Fontaine", "1983-05-29", "female", "170", "68.8", 19, "foothills"),
    Chart("Silas", "Nakamura", "1976-12-31", "male", "172", "75.4", 21, "saguaro"),
    Chart("Greta", "Villanueva", "1998-08-03", "female", "166", "61.9", 18, "saguaro"),
    Chart("Emmett", "Larkspur", "1963-03-16", "male", "181", "86.3", 22, "sound"),
    Chart("Noor", "Bellamy", "1985-11-25", "female", "162", "64.7", 20, "sound"),
)
"""The first people of the demo. The main site's come first and are the ones seen today."""

_GIVEN = (
    ("Alba", "female"),
    ("Bruno", "male"),
    ("Celia", "female"),
    ("Darius", "male"),
    ("Esme", "female"),
    ("Florian", "male"),
    ("Gwen", "female"),
    ("Hugo", "male"),
    ("Isla", "female"),
    ("Jasper", "male"),
    ("Kira", "female"),
    ("Leo", "male"),
    ("Mina", "female"),
    ("Nils", "male"),
    ("Orla", "female"),
    ("Pavel", "male"),
)
_FAMILY = (
    *("Abernathy", "Bellweather", "Corrigan", "Delacroix", "Eastwood", "Fairbanks", "Galloway"),
    *("Hathaway", "Ingram", "Jardine", "Kowalski", "Lindgren", "Montrose", "Novak", "Ormond"),
    *("Pemberton", "Quigley", "Rosales", "Sutherland", "Thackeray", "Underhill", "Vasquez"),
    *("Winslow", "Yardley", "Zamora"),
)


def another(number: int) -> Chart:
    """Return the ``number``-th patient after the first ones; every number is another person."""
    given, sex = _GIVEN[number % len(_GIVEN)]
    family = _FAMILY[number % len(_FAMILY)]
    twin = number // (len(_GIVEN) * len(_FAMILY))
    year, month, day = 1958 + (number * 7) % 42, 1 + (number * 5) % 12, 1 + (number * 11) % 28
    return Chart(
        given,
        family + ("" if twin == 0 else f"-{_FAMILY[(number + twin) % len(_FAMILY)]}"),
        f"{year}-{month:02d}-{day:02d}",
        sex,
        str((164 if sex == "female" else 178) + number % 7),
        str((63 if sex == "female" else 79) + (number * 3) % 11),
        16 + number % 7,
        medicines=(_SERTRALINE,),
    )
