"""Readings are stored by month from now on; the models stay as they are."""

from django.db import migrations

from afterglow.db import months


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0005_readings_by_month"),
        ("monitoring", "0007_readings_by_arrival"),
    ]

    operations = [
        migrations.RunSQL(months.partition("monitoring_vitalsign")),
        migrations.RunSQL(months.partition("monitoring_pumpreading")),
        migrations.RunSQL(months.FORGET_HOW),
    ]
