import afterglow.db.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0006_notifications_and_review_reasons"),
        ("visits", "0002_history_of_a_session_has_its_own_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="pumpreading",
            name="remaining_ml",
            field=afterglow.db.fields.VolumeField(decimal_places=3, max_digits=9, null=True),
        ),
        migrations.AlterField(
            model_name="pumpreading",
            name="to_be_infused_ml",
            field=afterglow.db.fields.VolumeField(
                decimal_places=3,
                help_text="What it is set to infuse in all.",
                max_digits=9,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="vitalsign",
            index=models.Index(fields=["session", "id"], name="vital_signs_by_arrival"),
        ),
        migrations.AlterField(
            model_name="vitalsign",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vital_signs",
                to="visits.treatmentsession",
            ),
        ),
    ]
