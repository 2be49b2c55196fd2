"""Pages of patients: find, create, edit; allergies, medicines, care team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.people import access, policies, queries, services
from afterglow.apps.people.cards import chart_url, patient_card
from afterglow.apps.people.forms import (
    AllergyForm,
    DoseForm,
    EndForm,
    MedicineForm,
    MemberForm,
    PatientForm,
)
from afterglow.apps.people.models import (
    Allergy,
    CareTeamMember,
    CurrentMedicine,
    Patient,
)
from afterglow.apps.people.outcomes import AllergyRefusal, LooksLike
from afterglow.core.medicines import classes
from afterglow.core.roles import Action
from afterglow.db.models import new_public_id
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest

both = require_http_methods(["GET", "POST"])


@login_required
@both
def patients(request: StaffRequest) -> HttpResponse:
    """Show the search page; without words, the patients last registered here.

    What is searched for comes in the body: an address stays in histories and logs.
    """
    today = clock.today(request.site)
    accounts.check(Action.VIEW_DEMOGRAPHICS, by=request.user, site=None, on=today)
    text = request.POST.get("q", "")
    found = queries.find_patients(text)
    recent = [] if text else queries.recently_registered(request.site)
    context = {
        "q": text,
        "found": found,
        "recent": recent,
        "today": today,
        "may_register": accounts.can(
            Action.EDIT_PATIENT, by=request.user, site=request.site, on=today
        ),
    }
    return render(request, "people/patients.html", context)


@login_required
@both
def search(request: StaffRequest) -> HttpResponse:
    """Answer the header's search while it is typed; a plain request gets the whole page."""
    if not request.headers.get("HX-Request"):
        return patients(request)
    today = clock.today(request.site)
    accounts.check(Action.VIEW_DEMOGRAPHICS, by=request.user, site=None, on=today)
    text = request.POST.get("q", "")
    found = queries.find_patients(text, limit=8)
    return render(request, "people/_hits.html", {"found": found, "q": text})


@login_required
@both
def register(request: StaffRequest) -> HttpResponse:
    """Create a patient; like names are shown before anything is saved."""
    today = clock.today(request.site)
    accounts.check(Action.EDIT_PATIENT, by=request.user, site=request.site, on=today)
    initial = {
        "key": new_public_id(),
        "home_site": getattr(request.site, "public_id", None),
        "language": "en",
        "family_name": "",
    }
    form = PatientForm(request.POST or None, initial=initial, today=today)

    def act() -> str | Mapping[str, Any]:
        outcome = services.register_patient(
            key=form.cleaned_data["key"] or new_public_id(),
            home_site=form.cleaned_data["home_site"],
            details=form.details,
            mrn=form.cleaned_data["mrn"],
            confirmed_different=form.cleaned_data["confirmed_different"],
            by=request.user,
            at=clock.now(),
        )
        if isinstance(outcome, LooksLike):
            form.ask_whether_different()
            return {"alike": outcome.others}
        messages.success(request, _("Registered with MRN %(mrn)s.") % {"mrn": outcome.patient.mrn})
        return chart_url(outcome.patient)

    page = {"title": _("New patient"), "back": "/patients/", "save_word": _("Register")}
    return editing.save(request, form, act, page=page, template="people/patient_form.html")


@login_required
@both
def edit(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Change what is known of a patient."""
    row = access.open_patient(patient, by=request.user, at=clock.now())
    policies.check(Action.EDIT_PATIENT, patient=row, by=request.user, at=clock.now())
    form = PatientForm(
        request.POST or None,
        initial=_patient_values(row),
        today=row.home_site.local_date(clock.now()),
        editing=True,
    )

    def act() -> str:
        services.edit_patient(
            patient=patient,
            seen=form.cleaned_data["seen"] or row.row_version,
            details=form.details,
            home_site=form.cleaned_data["home_site"],
            by=request.user,
            at=clock.now(),
        )
        messages.success(request, _("Saved."))
        return chart_url(row)

    return editing.save(
        request,
        form,
        act,
        page=_page(row, _("Edit patient")),
        current=lambda: _patient_values(queries.patient_of(patient)),
        template="people/patient_form.html",
    )


def _patient_values(row: Patient) -> dict[str, Any]:
    return {
        "seen": row.row_version,
        "family_name": row.family_name,
        "given_name": row.given_name,
        "preferred_name": row.preferred_name,
        "date_of_birth": row.date_of_birth,
        "sex_at_birth": row.sex_at_birth,
        "could_be_pregnant": row.could_be_pregnant,
        "height_cm": row.height_cm.value if row.height_cm else None,
        "phone": row.phone,
        "email": row.email,
        "language": row.language,
        "home_site": row.home_site.public_id,
    }


def _page(row: Patient, title: str, **more: Any) -> dict[str, Any]:
    on = row.home_site.local_date(clock.now())
    return {
        "title": title,
        "back": chart_url(row),
        "patient": patient_card(row, on=on),
        "site": row.home_site,
        **more,
    }


@login_required
@both
def add_allergy(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Add an allergy."""
    row = access.open_patient(patient, by=request.user, at=clock.now())
    policies.check(Action.EDIT_ALLERGIES, patient=row, by=request.user, at=clock.now())
    form = AllergyForm(request.POST or None, initial={"key": new_public_id()})

    def act() -> str:
        services.record_allergy(
            patient=patient, by=request.user, at=clock.now(), **form.cleaned_data
        )
        return chart_url(row)

    return editing.save(request, form, act, page=_page(row, _("Add an allergy")))


@login_required
@both
def remove_allergy(request: StaffRequest, allergy: UUID) -> HttpResponse:
    """Take an allergy off the list."""
    entry = get_object_or_404(Allergy, public_id=allergy)
    row = access.open_patient(entry.patient.public_id, by=request.user, at=clock.now())
    form = EndForm(request.POST or None, initial={"seen": entry.row_version})

    def act() -> str:
        services.end_allergy(
            allergy=allergy,
            seen=form.cleaned_data["seen"],
            entered_in_error=form.cleaned_data["why"] == "entered_in_error",
            by=request.user,
            at=clock.now(),
        )
        return chart_url(row)

    title = _("Take %(name)s off the allergies") % {"name": entry.substance}
    return editing.save(request, form, act, page=_page(row, title, danger=True))


@login_required
@require_POST
def no_known_allergies(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Record that the patient was asked and knows of none."""
    row = access.open_patient(patient, by=request.user, at=clock.now())
    outcome = services.confirm_no_known_allergies(patient=patient, by=request.user, at=clock.now())
    if isinstance(outcome, AllergyRefusal):
        words = _("An allergy is on the list. Take it off first, or leave the list as it is.")
        return render(request, "409.html", {"message": words}, status=409)
    return redirect(chart_url(row))


@login_required
@both
def add_medicine(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Add a medicine the patient takes."""
    row = access.open_patient(patient, by=request.user, at=clock.now())
    policies.check(Action.EDIT_ALLERGIES, patient=row, by=request.user, at=clock.now())
    form = MedicineForm(request.POST or None, initial={"key": new_public_id()})

    def act() -> str:
        values = {k: v for k, v in form.cleaned_data.items() if k != "keep_spelling"}
        services.record_medicine(patient=patient, by=request.user, at=clock.now(), **values)
        return chart_url(row)

    page = _page(row, _("Add a medicine"), known=classes.shipped().names())
    return editing.save(request, form, act, page=page, template="people/medicine_form.html")


@login_required
@both
def edit_medicine(request: StaffRequest, medicine: UUID) -> HttpResponse:
    """Change how much the patient takes."""
    entry = get_object_or_404(CurrentMedicine, public_id=medicine)
    row = access.open_patient(entry.patient.public_id, by=request.user, at=clock.now())

    def values() -> dict[str, Any]:
        entry.refresh_from_db()
        return {
            "seen": entry.row_version,
            "dose": entry.dose,
            "daily_dose_mg": entry.daily_dose_mg,
        }

    form = DoseForm(request.POST or None, initial=values())

    def act() -> str:
        services.change_medicine_dose(
            medicine=medicine, by=request.user, at=clock.now(), **form.cleaned_data
        )
        return chart_url(row)

    return editing.save(request, form, act, page=_page(row, entry.name), current=values)


@login_required
@both
def remove_medicine(request: StaffRequest, medicine: UUID) -> HttpResponse:
    """Take a medicine off the current list."""
    entry = get_object_or_404(CurrentMedicine, public_id=medicine)
    row = access.open_patient(entry.patient.public_id, by=request.user, at=clock.now())
    form = EndForm(request.POST or None, initial={"seen": entry.row_version})

    def act() -> str:
        services.end_medicine(
            medicine=medicine,
            seen=form.cleaned_data["seen"],
            entered_in_error=form.cleaned_data["why"] == "entered_in_error",
            by=request.user,
            at=clock.now(),
        )
        return chart_url(row)

    title = _("Take %(name)s off the medicines") % {"name": entry.name}
    return editing.save(request, form, act, page=_page(row, title, danger=True))


@login_required
@both
def add_member(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Add a person to the care team."""
    row = access.open_patient(patient, by=request.user, at=clock.now())
    policies.check(Action.EDIT_CARE_TEAM, patient=row, by=request.user, at=clock.now())
    form = MemberForm(request.POST or None, initial={"key": new_public_id()})

    def act() -> str:
        services.add_to_care_team(
            key=form.cleaned_data["key"] or new_public_id(),
            patient=patient,
            details=form.details,
            by=request.user,
            at=clock.now(),
        )
        return chart_url(row)

    return editing.save(request, form, act, page=_page(row, _("Add to the care team")))


@login_required
@both
def edit_member(request: StaffRequest, member: UUID) -> HttpResponse:
    """Change or end a person's place in the care team."""
    entry = get_object_or_404(CareTeamMember, public_id=member)
    row = access.open_patient(entry.patient.public_id, by=request.user, at=clock.now())

    def values() -> dict[str, Any]:
        entry.refresh_from_db()
        names = MemberForm.base_fields.keys() - {"key", "seen"}
        return {"seen": entry.row_version, **{name: getattr(entry, name) for name in names}}

    form = MemberForm(request.POST or None, initial=values())

    def act() -> str:
        services.edit_care_team_member(
            member=member,
            seen=form.cleaned_data["seen"] or entry.row_version,
            details=form.details,
            by=request.user,
            at=clock.now(),
        )
        return chart_url(row)

    return editing.save(request, form, act, page=_page(row, entry.name), current=values)
