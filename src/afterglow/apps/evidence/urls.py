"""Addresses of the evidence library."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.evidence.views import records, synthesis, texts, translations

app_name = "evidence"

urlpatterns = [
    path("evidence/", records.library, name="library"),
    path("evidence/due/", records.due, name="due"),
    path("evidence/records/<uuid:record>/", records.record, name="record"),
    path("evidence/records/<uuid:record>/edit/", records.edit, name="edit"),
    path("evidence/records/<uuid:record>/withdraw/", records.withdraw, name="withdraw"),
    path("evidence/versions/<uuid:version>/approve/", records.approve, name="approve"),
    path("evidence/versions/<uuid:version>/check/", records.confirm, name="check"),
    path("evidence/translations/<slug:language>/", translations.translations, name="translations"),
    path("evidence/records/<uuid:record>/translations/", translations.translate, name="translate"),
    path(
        "evidence/releases/<uuid:release>/translations/",
        translations.of_release,
        name="check-translations",
    ),
    path(
        "evidence/records/<uuid:record>/translations/<slug:language>/",
        translations.translation,
        name="translation",
    ),
    path(
        "evidence/translations/<uuid:translation>/check/",
        translations.check_words,
        name="check-translation",
    ),
    path("evidence/syntheses/", synthesis.questions, name="syntheses"),
    path("evidence/syntheses/<slug:question>/", synthesis.question, name="synthesis"),
    path("evidence/networks/<slug:network>/", synthesis.network, name="network"),
    path("evidence/texts/", texts.texts, name="texts"),
    path("evidence/texts/<uuid:text>/", texts.text, name="text"),
    path("evidence/texts/<uuid:text>/submit/", texts.submit, name="submit"),
    path("evidence/texts/<uuid:text>/return/", texts.give_back, name="return"),
    path("evidence/texts/<uuid:text>/review/", texts.review, name="review"),
    path("evidence/texts/<uuid:text>/publish/", texts.publish, name="publish"),
    path("evidence/texts/<uuid:text>/re-review/", texts.re_review, name="re-review"),
    path("evidence/texts/<uuid:text>/withdraw/", texts.withdraw, name="withdraw-text"),
]
