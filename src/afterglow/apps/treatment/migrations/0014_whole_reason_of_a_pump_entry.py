from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("treatment", "0013_from_paper")]

    operations = [
        migrations.AlterField(
            model_name="pumpaction",
            name="reason",
            field=models.TextField(blank=True),
        ),
    ]
