"""A Spanish page speaks Spanish, says who checked that, and English where nobody translated it."""

from __future__ import annotations

from django.test import Client

from afterglow.apps.evidence import services
from afterglow.apps.evidence.models import Publication
from support.evidence import AT, ON
from support.frontdoor import Door

CLAIM = "La ketamina no está aprobada por la FDA para la depresión"
MACHINE = "Traducido por máquina; ningún clínico ha comprobado la traducción."


def page(slug: str) -> str:
    return Client().get(f"/es/{slug}/").content.decode()


def publish(door: Door) -> None:
    door.library.approve("P01", "C11")
    door.published(
        "resultados",
        [
            (
                "text",
                "Con ketamina [[P01#response-ketamine]], con sal [[P01#response-saline]]. [[C11]]",
            )
        ],
        language="es",
        title="Resultados",
    )


def test_the_words_of_a_record_are_spanish_and_say_that_a_machine_wrote_them(door: Door) -> None:
    publish(door)

    shown = page("resultados")

    assert f'<strong lang="es">{CLAIM}' in shown
    assert "respuesta con ketamina" in shown
    assert "Adultos con depresión mayor unipolar" in shown
    assert '<span lang="es">muy baja</span>' in shown
    assert shown.count(MACHINE) == 2
    assert "27.4" in shown


def test_the_title_of_a_paper_stays_in_its_language(door: Door) -> None:
    publish(door)

    assert '<strong lang="en">Cochrane - Dean 2021, ketamine vs placebo</strong>' in page(
        "resultados"
    )


def test_a_checked_translation_names_the_clinician_at_once(door: Door) -> None:
    publish(door)
    assert MACHINE in page("resultados")
    for key in ("P01", "C11"):
        services.check_translation(
            translation=door.library.record(key).translations.get().public_id,
            by=door.library.reviewer,
            at=AT,
            on=ON,
        )

    shown = page("resultados")

    assert MACHINE not in shown
    assert f"Traducción comprobada por {door.library.reviewer.full_name}" in shown


def test_a_record_that_changed_is_english_again_and_says_so(door: Door) -> None:
    publish(door)
    door.library.change("C11", corrected_wording="Ketamine is off-label for depression.")
    door.library.approve("C11")
    done = services.re_review(
        publication=Publication.objects.get(key="page:resultados:es").public_id,
        by=door.library.reviewer,
        at=AT,
        on=ON,
    )
    assert isinstance(done, services.Done)

    shown = page("resultados")

    assert '<strong lang="en">Ketamine is off-label for depression.</strong>' in shown
    assert "Aún sin traducir." in shown
    assert "Algunos registros de esta página se muestran en inglés" in shown


def test_an_english_page_says_nothing_of_translations(door: Door) -> None:
    door.library.approve("C11")
    door.published("status", [("text", "It is off-label. [[C11]]")])

    shown = Client().get("/status/").content.decode()

    assert '<strong lang="en">Ketamine is not FDA-approved' in shown
    assert "ranslat" not in shown
