import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    """The gateway rings for the charter itself: a commit that notifies waits for all others."""

    dependencies = [
        ("devices", "0005_readings_by_month"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="journaledmessage", name="journal_notifies"),
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS pgtrigger_journal_notifies_a9678()", migrations.RunSQL.noop
        ),
    ]
