"""A locked screen may read what is marked for it, and periodic jobs do their work."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from procrastinate.contrib.django import app

from afterglow.apps.accounts import jobs as account_jobs
from afterglow.apps.accounts import services
from afterglow.apps.accounts.middleware import LockedScreen, visible_when_locked
from afterglow.apps.work import jobs as work_jobs
from afterglow.apps.work import services as work
from afterglow.core.roles import Role
from afterglow.web import clock
from factories.base import AT, make_site, make_staff

pytestmark = pytest.mark.django_db


@visible_when_locked
def infusion(request: HttpRequest) -> HttpResponse:
    """A page that a locked screen may read."""
    return HttpResponse("52 mL/h")


def chart(request: HttpRequest) -> HttpResponse:
    """A page that it may not."""
    return HttpResponse("everything")


@pytest.fixture
def locked(rf: RequestFactory) -> HttpRequest:
    session = SessionStore()
    session.save()
    request = rf.get("/anywhere/")
    request.session = session
    request.user = make_staff(Role.MONITOR)
    services.lock_screen(session_key=str(session.session_key), by=request.user, at=AT)
    return request


def _answer(request: HttpRequest, view: object) -> int:
    """Pass a request through the middleware as Django does."""
    middleware = LockedScreen(lambda _: HttpResponse())
    middleware(request)
    answer = middleware.process_view(request, view, (), {})
    return 200 if answer is None else answer.status_code


def test_a_locked_screen_reads_the_running_infusion(locked: HttpRequest) -> None:
    assert _answer(locked, infusion) == 200
    assert locked.screen_locked  # type: ignore[attr-defined]


def test_a_locked_screen_does_not_read_the_chart(locked: HttpRequest) -> None:
    assert _answer(locked, chart) == 302


def test_a_locked_screen_cannot_act_even_on_the_running_infusion(locked: HttpRequest) -> None:
    locked.method = "POST"

    assert _answer(locked, infusion) == 423


def test_a_panel_of_a_locked_screen_is_sent_to_the_unlock_page(locked: HttpRequest) -> None:
    locked.META["HTTP_HX_REQUEST"] = "true"

    assert _answer(locked, chart) == 423


def test_a_signed_out_screen_is_never_locked(locked: HttpRequest) -> None:
    locked.user = AnonymousUser()

    assert _answer(locked, chart) == 200


def test_the_worker_knows_when_to_do_what() -> None:
    periodic = {
        name.rsplit(".", 1)[-1]: task.cron
        for (name, _), task in app.periodic_registry.periodic_tasks.items()
    }

    assert periodic["escalate_overdue_tasks"] == "* * * * *"
    assert periodic["clear_expired_links"] == "17 * * * *"


def test_the_periodic_jobs_do_their_work() -> None:
    site = make_site()
    work.open_task(kind="follow_up", subject=site, site=site, by=None, at=AT)

    with clock.fixed(AT.replace(year=2027)):
        escalated = work_jobs.escalate_overdue_tasks(timestamp=0)
        cleared = account_jobs.clear_expired_links(timestamp=0)

    assert (escalated, cleared) == (1, 0)
