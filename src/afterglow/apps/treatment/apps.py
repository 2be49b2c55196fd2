"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentConfig(AppConfig):
    """Check-in, order, preparation, infusion, discharge, signature."""

    name = "afterglow.apps.treatment"
    verbose_name = _("Treatment")

    def ready(self) -> None:
        """Tell monitoring, which is below, what it needs to know of infusions and scores."""
        from afterglow.apps.assessments.extension import act_on_safety
        from afterglow.apps.monitoring import extension
        from afterglow.apps.treatment import courses, coverages, emergencies
        from afterglow.apps.treatment.chart import orders
        from afterglow.apps.treatment.facts import on_site
        from afterglow.apps.treatment.facts.presence import presence
        from afterglow.apps.treatment.services.pump import note_pump_agreement
        from afterglow.apps.treatment.services.tasks import act_on_answer
        from afterglow.apps.treatment.tasks_about import about
        from afterglow.apps.visits import slots
        from afterglow.apps.work.queries import tell_what_tasks_are_about

        extension.tell_course(courses.courses)
        extension.tell_scores(courses.scores)
        extension.hear_pumps(note_pump_agreement)
        extension.tell_absent(on_site.absent)
        extension.tell_presence(presence)
        act_on_safety(act_on_answer)
        slots.tell_emergencies(emergencies.board_cards)
        slots.tell_orders(orders)
        slots.tell_watchers(coverages.watchers)
        tell_what_tasks_are_about(about)
