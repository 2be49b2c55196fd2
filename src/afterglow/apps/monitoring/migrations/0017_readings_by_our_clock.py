"""What a device's clock said, of readings that are charted by ours. Those of before have none."""

from django.db import migrations, models

_SAID = models.DateTimeField(
    help_text="What the device's clock said, where taken_at is corrected.", null=True
)


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0016_charted_from_the_queue"),
    ]

    operations = [
        migrations.AddField(model_name="vitalsign", name="device_at", field=_SAID),
        migrations.AddField(model_name="pumpreading", name="device_at", field=_SAID.clone()),
        migrations.AlterField(
            model_name="vitalsign",
            name="taken_at",
            field=models.DateTimeField(
                help_text=(
                    "By the device's clock, corrected where it is far off; or as the person said."
                )
            ),
        ),
    ]
