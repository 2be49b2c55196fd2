"""The shape that every dialog of the infusion page shares: ask, act once, say what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views import View

from afterglow.apps.accounts import policies
from afterglow.apps.audit.policies import check_can_open_chart
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db.models import StaleRow
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

_LEFT = (SessionState.DISCHARGED, SessionState.ENDED)
CLOSE = "infusion:close"
REFRESH = "infusion:refresh"
READINGS = "infusion:readings"
"""A reading has come that no event names: what shows readings looks again."""


def find_session(request: StaffRequest, session: UUID, *, action: Action) -> TreatmentSession:
    """Return a session that the person may ``action`` on. Raises Forbidden, or 404.

    Reading is allowed by glass as well.
    """
    row: TreatmentSession = get_object_or_404(
        TreatmentSession.objects.select_related(
            "site", "patient", "course", "protocol", "room", "clinician"
        ),
        public_id=session,
    )
    at = clock.now()
    on = row.site.local_date(at)
    if action is Action.VIEW_CHART:
        check_can_open_chart(
            by=request.user, patient=row.patient.public_id, sites=[row.site], at=at, on=on
        )
    else:
        policies.check(action, by=request.user, site=row.site, on=on)
    return row


def instant_of(text: str) -> datetime | None:
    """Return the instant that an address names, or None where it names none."""
    try:
        found = parse_datetime(text)
    except ValueError:  # the shape of a time, such as the 99th of a month, and none
        return None
    return found if found is not None and found.tzinfo is not None else None


def is_htmx(request: StaffRequest) -> bool:
    """Whether a script asked for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def said(
    request: StaffRequest, session: UUID, words: str, *, undo: str = "", more: str = ""
) -> HttpResponse:
    """Say what changed, with an undo; the panels look again. Without scripts: back to the page.

    ``undo`` is the address that takes it back; ``more`` the address of what may be added to it.
    """
    if not is_htmx(request):
        if words:
            messages.success(request, words)
        over = TreatmentSession.objects.filter(public_id=session, state__in=_LEFT).exists()
        return redirect("treatment:sign" if over else "treatment:infusion", session=session)
    response = render(
        request,
        "treatment/infusion/_said.html",
        {"words": words, "undo": undo, "more": more, "key": _new_key()},
    )
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = f"{REFRESH}, {CLOSE}"
    return response


def _new_key() -> UUID:
    from afterglow.apps.treatment.forms.infusion import new_key

    return new_key()


def refused(
    request: StaffRequest, session: TreatmentSession, title: str | Promise, decision: Decision
) -> HttpResponse:
    """Show every reason of a refusal that has no form of its own."""
    return render(
        request,
        _layout(request, "treatment/infusion/_refused.html"),
        {"session": session, "title": title, "decision": decision, "part": _PART_REFUSED},
        status=409,
    )


_PART_REFUSED = "treatment/infusion/_refused.html"
_PART_ASK = "treatment/infusion/_ask.html"


def _layout(request: StaffRequest, part: str) -> str:
    return part if is_htmx(request) else "treatment/infusion/ask_page.html"


class Ask(LoginRequiredMixin, View):
    """One dialog: a form, one service, and the words for what changed.

    A refusal comes back as 409 with all its reasons beside what was typed; what another tablet
    did meanwhile comes back as 409 with both, and the question again.
    """

    title: ClassVar[str | Promise] = ""
    verb: ClassVar[str | Promise] = ""
    variant: ClassVar[str] = "primary"
    template: ClassVar[str] = _PART_ASK
    form_class: ClassVar[type[Form]]
    done: ClassVar[str | Promise] = gettext_lazy("Charted.")
    """What is said of every outcome alike; ``words`` says more of one."""
    action: ClassVar[Action] = Action.CHART

    session: TreatmentSession
    at: datetime
    request: Any

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Remember when this request was made: one instant for everything in it."""
        super().setup(request, *args, **kwargs)
        self.at = clock.now()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Find the session first."""
        if request.user.is_authenticated:
            self.session = find_session(request, kwargs["session"], action=self.action)
        return super().dispatch(request, *args, **kwargs)

    @property
    def stamp(self) -> dict[str, Any]:
        """Return what every service is told of an act: whose session, by whom, when."""
        return {"session": self.session.public_id, "by": self.request.user, "at": self.at}

    @property
    def place(self) -> dict[str, Any]:
        """Return what a typed time needs: the site's clock, now, and since when there is a day."""
        session = self.session
        return {"site": session.site, "at": self.at, "since": session.checked_in_at}

    def make_form(self, data: Any = None) -> Form:
        """Return the form, empty or filled."""
        return self.form_class(data, **self.form_arguments())

    def form_arguments(self) -> dict[str, Any]:
        """Return what the form needs to know besides what was typed."""
        return {}

    def act(self, form: Any) -> Done[Any] | Refused:
        """Call the one service."""
        raise NotImplementedError

    def words(self, done: Done[Any], form: Any) -> str:
        """Say what changed."""
        return str(self.done)

    def undo(self, done: Done[Any]) -> str:
        """Return the address that takes it back, or nothing."""
        return ""

    def context(self) -> dict[str, Any]:
        """Return more for the template."""
        return {}

    def get(self, request: StaffRequest, **kwargs: Any) -> HttpResponse:
        """Ask."""
        return self.draw(self.make_form())

    def post(self, request: StaffRequest, **kwargs: Any) -> HttpResponse:
        """Act once, and say so."""
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.draw(form, status=422)
        try:
            outcome = self.act(form)
        except StaleRow as stale:
            return self.draw(self.make_form(), status=409, stale=error_words(stale), typed=form)
        if isinstance(outcome, Refused):
            return self.draw(form, status=409, decision=outcome.decision)
        return said(
            request,
            self.session.public_id,
            self.words(outcome, form),
            undo=self.undo(outcome),
        )

    def draw(self, form: Form, *, status: int = 200, **more: Any) -> HttpResponse:
        """Draw the dialog's inside, or a page of its own where there are no scripts."""
        context = {
            "session": self.session,
            "site": self.session.site,
            "form": form,
            "title": self.title,
            "verb": self.verb,
            "variant": self.variant,
            "url": self.request.get_full_path(),
            "part": self.template,
            "last": last_pump_action(self.session),
            **self.context(),
            **more,
        }
        return render(self.request, _layout(self.request, self.template), context, status=status)


def last_pump_action(session: TreatmentSession) -> Any:
    """Return what was done last at the pump, or None."""
    infusion = queries.infusion_of(session)
    actions = queries.actions_of(infusion) if infusion else ()
    return actions[-1] if actions else None
