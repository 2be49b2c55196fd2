"""What is known of a device's clock: nothing of any, until each has spoken again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0006_journal_is_silent"),
    ]

    operations = [
        migrations.AddField(
            model_name="devicestatus",
            name="clock_known_s",
            field=models.DecimalField(
                decimal_places=3,
                help_text="By which its readings are corrected.",
                max_digits=14,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="devicestatus",
            name="clock_told_s",
            field=models.DecimalField(decimal_places=3, max_digits=14, null=True),
        ),
        migrations.AddField(
            model_name="devicestatus",
            name="clock_told_since",
            field=models.DateTimeField(null=True),
        ),
    ]
