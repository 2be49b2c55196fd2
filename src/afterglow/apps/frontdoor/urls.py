"""Addresses of the public face. The site includes them last: a page's address is one word."""

from __future__ import annotations

from django.urls import URLPattern, path

from afterglow.apps.frontdoor.views import (
    contact,
    keeping,
    newsletter,
    public,
    referral,
    simulation,
    staff,
)

app_name = "frontdoor"


def _public(language: str, before: str) -> list[URLPattern]:
    """Return the public addresses of one language."""
    given = {"language": language}
    return [
        path(before, public.home, given, name="home"),
        path(f"{before}crisis/", public.crisis, given, name="crisis"),
        path(f"{before}simulation/", simulation.simulation, given, name="simulation"),
        path(f"{before}contact/", contact.contact, given, name="contact"),
        path(f"{before}contact/sent/", contact.sent, given, name="contact-sent"),
        path(f"{before}refer/", referral.refer, given, name="refer"),
        path(f"{before}refer/sent/", referral.sent, given, name="refer-sent"),
        path(f"{before}newsletter/", newsletter.sign_up, given, name="newsletter"),
        path(f"{before}newsletter/asked/", newsletter.asked, given, name="newsletter-asked"),
        path(
            f"{before}newsletter/confirm/<str:token>/",
            newsletter.confirm,
            given,
            name="newsletter-confirm",
        ),
        path(
            f"{before}newsletter/leave/<str:token>/",
            newsletter.leave,
            given,
            name="newsletter-leave",
        ),
        path(f"{before}newsletter/<slug:slug>/", newsletter.letter, given, name="letter"),
        path(f"{before}locations/", public.locations, given, name="locations"),
        path(f"{before}locations/<slug:code>/", public.location, given, name="location"),
        path(
            f"{before}locations/<slug:code>/<slug:slug>/",
            public.site_page,
            given,
            name="site-page",
        ),
        path(
            f"og/{given['language']}/<slug:slug>.png", public.open_graph, given, name="open-graph"
        ),
        path(f"{before}<slug:slug>/", public.page, given, name="page"),
    ]


urlpatterns = [
    path("frontdoor/pages/", staff.pages, name="pages"),
    path("frontdoor/pages/new/", staff.new_page, name="new-page"),
    path("frontdoor/pages/<uuid:page>/", staff.edit, name="edit"),
    path("frontdoor/previews/<uuid:text>/", staff.preview, name="preview"),
    path("frontdoor/pictures/", staff.pictures, name="pictures"),
    path("frontdoor/map/", staff.marks, name="marks"),
    path("frontdoor/redirects/", staff.redirects, name="redirects"),
    path(
        "frontdoor/redirects/<uuid:redirect>/remove/",
        staff.remove_redirect,
        name="remove-redirect",
    ),
    path("frontdoor/requests/<uuid:contact>/", staff.contact_request, name="contact-request"),
    path("frontdoor/referrals/<uuid:referral>/", referral.staff_page, name="referral"),
    path("frontdoor/prices/", keeping.prices, name="prices"),
    path("frontdoor/prices/<uuid:site>/", keeping.site_prices, name="site-prices"),
    path("frontdoor/stories/", keeping.stories, name="stories"),
    path("frontdoor/stories/new/", keeping.new_story, name="new-story"),
    path("frontdoor/stories/<uuid:story>/", keeping.edit_story, name="edit-story"),
    path("frontdoor/stories/<uuid:story>/back/", keeping.take_back, name="take-story-back"),
    path("frontdoor/letters/", staff.letters, name="letters"),
    path("frontdoor/letters/new/", staff.new_letter, name="new-letter"),
    path("frontdoor/letters/<uuid:letter>/", staff.letter, name="edit-letter"),
    path("frontdoor/letters/<uuid:letter>/send/", staff.send_letter, name="send-letter"),
    path("pictures/<uuid:picture>/", public.picture, name="picture"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
    path("robots.txt", public.robots, name="robots"),
    *_public("es", "es/"),
    *_public("en", ""),
]
