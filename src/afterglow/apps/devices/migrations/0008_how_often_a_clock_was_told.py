"""How many messages say what a device's clock may be: of none, until each has spoken again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0007_what_is_known_of_a_clock"),
    ]

    operations = [
        migrations.AddField(
            model_name="devicestatus",
            name="clock_told_times",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
