import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("treatment", "0014_whole_reason_of_a_pump_entry"),
        ("visits", "0002_history_of_a_session_has_its_own_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoomShown",
            fields=[
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="visits.treatmentsession",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(help_text="When such a screen last asked for its alarms."),
                ),
            ],
            options={"verbose_name": "room shown", "verbose_name_plural": "rooms shown"},
        ),
    ]
