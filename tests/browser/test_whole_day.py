"""One infusion day in the browser, from the board to the signed, locked and printed record."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pypdf
from playwright.sync_api import Page, expect

from afterglow.apps.stock import queries as stock
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion, MedicineGiven, SessionEvent, Signature
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock
from support.clinic_morning import PIN, Morning, morning
from support.front import BREATH, DELIVERED, DIASTOLIC, HEART, RATE, SPO2, SYSTOLIC, Front

AtScreen = Callable[..., Page]
Look = Callable[..., None]


def test_a_patient_from_the_board_to_the_signed_record(
    front: Front, at_screen: AtScreen, look: Look
) -> None:
    clinic = morning()
    page = at_screen(clinic.nurse)

    check_in(page, clinic, look)
    order(at_screen(clinic.prescriber), page, clinic, look)
    prepare(page, clinic, look)
    start(page, clinic, front, look)
    session = TreatmentSession.objects.get(appointment=clinic.appointment)
    assert session.state == SessionState.INFUSING
    during(page, clinic, front, look)
    recover(page, clinic, front, look)
    leave(page, clinic, look)
    sign(at_screen(clinic.prescriber), page, clinic, look)

    session.refresh_from_db()
    assert session.state == SessionState.SIGNED
    held = stock.session_balance(clinic.vial, session)
    assert held.in_preparation == 0
    assert held.given + held.wasted == Infusion.objects.get().preparation.drawn_mg.value


def check_in(page: Page, clinic: Morning, look: Look) -> None:
    """From the board to everything that is asked at the door."""
    page.goto("/board/")
    look(page, "day-01-board")
    page.get_by_role("button", name="Check in Rivera").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check-in")
    look(page, "day-02-check-in")
    page.get_by_label("Full name").check()
    page.get_by_label("Date of birth").check()
    page.get_by_label("Weight on the scale today").fill("155.2")
    page.get_by_role("button", name="Save check-in").click()
    expect(page.get_by_text("May this weight be recorded: No")).to_be_visible()
    expect(page.get_by_label("Full name")).to_be_checked()
    page.get_by_label("Weight on the scale today").fill("70.4")
    ago = _wall_clock(clinic)
    page.get_by_label("Last solid food").fill(ago(9))
    page.get_by_label("Last clear fluid").fill(ago(4))
    page.get_by_label("Medicines and allergies were gone through with the patient").check()
    for group, answer in (
        ("Blood-pressure medicine", "None prescribed"),
        ("Decongestant today", "No"),
        ("GLP-1 agonist", "No"),
        ("Alcohol or street drugs in the last days", "None"),
        ("Cannabis in the last days", "None"),
        ("Appears intoxicated", "No"),
        ("Ill today: fever, infection, vomiting, chest", "No"),
        ("CPAP machine for sleep apnoea", "Not needed"),
        ("Pregnancy test", "Not due"),
        ("Who takes the patient home", "Here, or has promised by phone"),
        ("Thoughts of ending their life since the last visit", "No"),
        ("PHQ-9 item 9 today", "0"),
        ("C-SSRS since last contact, as you found it", "None"),
    ):
        choose(page, group, answer)
    page.get_by_label("Escort's name").fill("Sam Rivera")
    page.get_by_label("Escort is the patient's").fill("partner")
    page.get_by_label("Escort's phone").fill("555-0142")
    page.get_by_role("button", name="Save check-in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order and dose")


def choose(page: Page, group: str, answer: str) -> None:
    """Choose one answer of a group of radios."""
    page.get_by_role("group", name=group).get_by_role("radio", name=answer, exact=True).check()


def _wall_clock(clinic: Morning) -> Callable[[int], str]:
    import datetime as dt

    def ago(hours: int) -> str:
        then = clock.local(clock.now(), clinic.site) - dt.timedelta(hours=hours)
        return then.strftime("%Y-%m-%dT%H:%M")

    return ago


def order(doctor: Page, nurse: Page, clinic: Morning, look: Look) -> None:
    """The prescriber signs the order at a screen of their own; the nurse sees the arithmetic."""
    look(nurse, "day-03-plan-without-order")
    doctor.goto(nurse.url)
    doctor.get_by_label("Dose").fill("0.5")
    doctor.get_by_label("Over").fill("40")
    doctor.get_by_label(re.compile("Ondansetron")).first.check()
    doctor.get_by_label(re.compile("Midazolam")).first.check()
    doctor.get_by_role("button", name="Sign the order").click()
    expect(doctor.get_by_text("Order signed.")).to_be_visible()
    look(doctor, "day-04-order")
    nurse.reload()
    expect(nurse.locator("#arithmetic")).to_contain_text("35 mg")
    nurse.get_by_role("link", name="Go to preparation").click()


def prepare(page: Page, clinic: Morning, look: Look) -> None:
    """Draw before a witness, and the second person reads back; a wrong number is refused."""
    look(page, "day-05-prepare")
    draw = page.locator("#draw")
    draw.get_by_label("Strength on the vial").fill("50")
    draw.get_by_label("Lot on the vial").fill(clinic.vial.lot)
    draw.get_by_label("Expiry on the vial").fill(clinic.vial.expires_on.isoformat())
    draw.get_by_label("Drawn").fill("0.7")
    draw.get_by_label("Second person's sign-in name").fill("mo")
    draw.get_by_label("Their PIN or password").fill(PIN)
    draw.get_by_role("button", name="Chart as drawn").click()
    read = page.locator("#read-back")
    look(page, "day-06-read-back")
    for label, value in (
        ("Record number on the wristband", "000123"),
        ("Drug on the vial", "ketamine"),
        ("Strength on the vial", "50"),
        ("Drawn in the syringe", "0.7"),
        ("In the bag", "100"),
        ("Rate set at the pump", "15"),
        ("Volume set at the pump", "100"),
    ):
        read.get_by_label(label).fill(value)
    read.get_by_label("Second person's sign-in name").fill("mo")
    read.get_by_label("Their PIN or password").fill(PIN)
    read.get_by_role("button", name="Sign the read-back").click()
    expect(page.get_by_text("the preparation says 150")).to_be_visible()
    read.get_by_label("Rate set at the pump").fill("150")
    read.get_by_label("Their PIN or password").fill(PIN)
    read.get_by_role("button", name="Sign the read-back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Baseline and start")


def start(page: Page, clinic: Morning, front: Front, look: Look) -> None:
    """Baseline by monitor and by hand, the prescriber's override of the wait, and the start."""
    expect(page.get_by_role("button", name="Start the infusion")).to_be_disabled()
    front.says(
        clinic.monitor,
        {SYSTOLIC: "122", DIASTOLIC: "78", HEART: "72", SPO2: "98", BREATH: "14"},
    )
    page.locator("#baseline").get_by_label("Blood pressure").fill("124/78")
    page.locator("#baseline").get_by_label("Heart rate").fill("72")
    page.locator("#baseline").get_by_label("SpO2").fill("98")
    page.locator("#baseline").get_by_label("Respiratory rate").fill("14")
    page.locator("#baseline").get_by_label("MOAA/S").fill("5")
    page.get_by_role("button", name="Chart readings").click()
    expect(page.get_by_role("cell", name="122/78")).to_be_visible()
    look(page, "day-07-ready")
    page.get_by_role("link", name="Override with a reason").click()
    look(page, "day-08-override")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Why it is right to go on").fill("Baseline was stable all morning.")
    page.get_by_label("Sign-in name of the prescriber").fill("ines")
    page.get_by_label("Their PIN or password").fill(PIN)
    page.get_by_role("button", name="Override", exact=True).click()
    expect(page.get_by_role("button", name="Start the infusion")).to_be_enabled()
    page.get_by_role("button", name="Start the infusion").dblclick()
    expect(page.locator(".infusion-clock")).to_contain_text("elapsed")
    assert Infusion.objects.count() == 1
    page.go_back()
    expect(page.locator(".infusion-clock")).to_contain_text("elapsed")
    assert Infusion.objects.count() == 1


def during(page: Page, clinic: Morning, front: Front, look: Look) -> None:
    """Numbers from the monitor, readings by hand, a medicine, a note, a mark, the pump."""
    front.says(clinic.pump, {RATE: "150", DELIVERED: "0.4"})
    front.says(
        clinic.monitor,
        {SYSTOLIC: "131", DIASTOLIC: "84", HEART: "79", SPO2: "97", BREATH: "13"},
    )
    expect(page.locator(".vital-heart [data-value]")).to_have_text("79")
    expect(page.locator(".vital-pressure [data-value]")).to_have_text("131/84")
    look(page, "day-09-infusion")
    page.get_by_label("BP now").fill("128/82")
    page.get_by_label(re.compile("^MOAA/S")).fill("5")
    page.get_by_role("button", name="Save readings").click()
    expect(page.get_by_text("Readings charted.")).to_be_visible()
    expect(page.locator(".vital-pressure [data-value]")).to_have_text("128/82")

    page.get_by_role("link", name=re.compile("^Drug")).click()
    dialog = page.get_by_role("dialog")
    look(page, "day-10-drug", within="#infusion-dialog")
    dialog.get_by_label(re.compile("Ondansetron 4 mg")).first.check()
    dialog.get_by_role("button", name="Chart as given").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Note")).click()
    page.get_by_role("dialog").get_by_label("Note").fill("Says the ceiling breathes. Calm.")
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Mark now").click()
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()

    page.get_by_role("link", name=re.compile("^Rate")).click()
    page.get_by_role("dialog").get_by_label("New rate").fill("120")
    page.get_by_role("dialog").get_by_role("button", name="Chart the new rate").click()
    expect(page.locator("#panel-drug")).to_contain_text("120")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".infusion-clock")).to_contain_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name=re.compile("^(Record pump stopped|Stop)")).click()
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    page.wait_for_timeout(1100)  # a pump tells whole seconds: one that is after the stop
    front.says(clinic.pump, {RATE: "52", DELIVERED: "1.2"})
    expect(page.get_by_text("pump still reports").first).to_be_visible()
    charted = queries.given(Infusion.objects.get(), at=clock.now()).charted.volume.value
    front.says(clinic.pump, {RATE: "0", DELIVERED: f"{charted:.1f}"})
    expect(page.get_by_text("pump still reports")).to_have_count(0)
    look(page, "day-11-stopped")
    assert MedicineGiven.objects.count() == 1
    assert set(SessionEvent.objects.values_list("kind", flat=True)) >= {"note", "mark"}


def recover(page: Page, clinic: Morning, front: Front, look: Look) -> None:
    """Scores, criteria, and the bag's milligrams before a witness."""
    front.says(
        clinic.monitor,
        {SYSTOLIC: "126", DIASTOLIC: "80", HEART: "76", SPO2: "98", BREATH: "14"},
    )
    page.get_by_role("link", name="Recovery").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery")
    look(page, "day-12-recovery")
    for item in page.locator("#aldrete").get_by_role("group").all():
        item.get_by_role("radio").first.check()
    page.get_by_role("button", name="Chart Modified Aldrete").click()
    expect(page.locator("#aldrete")).to_contain_text("Last: 10")
    page.locator("#moaas").get_by_role("radio").first.check()
    page.get_by_role("button", name="Chart MOAA/S").click()
    expect(page.locator("#moaas")).to_contain_text("Last: 5")
    page.locator("#dissociation").get_by_label("Dissociation").fill("0")
    page.get_by_role("button", name="Chart Dissociation").click()
    expect(page.locator("#dissociation")).to_contain_text("Last: 0")
    choose(page, "Oriented to person, place, time", "3")
    for group in (
        "Dissociation is back to where it began",
        "Nausea is controlled",
        "Drinks",
        "Breathes room air",
        "First walk was accompanied",
        "Walks steadily",
        "IV line is out",
        "IV site was looked at",
        "Told not to drive until after a night's sleep",
        "Has the written instructions",
        "Has the number that answers for 24 h",
        "The escort is here",
        "The escort is an adult",
    ):
        choose(page, group, "Yes")
    choose(page, "Says something about ending their life", "No")
    choose(page, "C-SSRS, as you found it", "None")
    page.get_by_role("button", name="Save what was found").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    waste = page.locator("#milligrams")
    waste.get_by_label("Second person's sign-in name").fill("mo")
    waste.get_by_label("Their PIN or password").fill(PIN)
    waste.get_by_role("button", name="Waste the rest").click()
    expect(page.locator("#milligrams")).to_contain_text("Accounted for")


def leave(page: Page, clinic: Morning, look: Look) -> None:
    """Half an hour has not passed: the prescriber overrides, and the patient goes home."""
    page.get_by_role("link", name="End the session").click()
    look(page, "day-13-ending")
    page.get_by_role("link", name="Override with a reason").click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Why it is right to go on").fill("Short infusion, fully awake.")
    page.get_by_label("Sign-in name of the prescriber").fill("ines")
    page.get_by_label("Their PIN or password").fill(PIN)
    page.get_by_role("button", name="Override", exact=True).click()
    page.get_by_role("link", name="End the session").click()
    page.get_by_label("Reason").fill("Short on purpose.")
    page.get_by_role("button", name="End the session").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign the record")


def sign(doctor: Page, page: Page, clinic: Morning, look: Look) -> None:
    """The nurse sees what is open; the prescriber signs; it is locked, printed, and added to."""
    look(page, "day-14-sign")
    while (why := page.get_by_role("link", name=re.compile("^Say why"))).count():
        why.first.click()
        page.get_by_label("Reason").fill("With the patient, not charted.")
        page.get_by_role("button", name="Save the reason").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign the record")
    while (alarm := page.get_by_role("button", name=re.compile("^Acknowledge"))).count():
        alarm.first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign the record")
    expect(page.get_by_role("button", name="Sign and lock")).to_have_count(0)
    doctor.goto(page.url)
    page = doctor
    expect(page.locator("#read-first")).to_contain_text("Readings")
    page.get_by_label("PIN or password").fill(PIN)
    page.get_by_role("button", name="Sign and lock").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signed record")
    page.get_by_label("Addendum").fill("Phoned at six: well.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#addenda")).to_contain_text("Phoned at six: well.")
    look(page, "day-15-signed")
    answer = page.request.get(
        page.get_by_role("link", name="Open the PDF").get_attribute("href") or ""
    )
    assert answer.status == 200
    words = "".join(
        each.extract_text() for each in pypdf.PdfReader(io.BytesIO(answer.body())).pages
    )
    assert Signature.objects.get().sha256 in words.replace("\n", "")
    for said in ("Rivera", "000123", "Ondansetron", "the ceiling breathes", "Phoned at six"):
        assert said in words
    page.goto(page.url.replace("/sign/", "/infusion/"))
    expect(page.get_by_text("This record is signed and locked.")).to_be_visible()
