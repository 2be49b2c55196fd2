"""The explainer draws from definitions, so a kept page is made anew when one is approved or not."""

from django.db import migrations

TABLES = ("definitions_definition", "definitions_definitionapproval")
TRIGGER = """
CREATE TRIGGER frontdoor_visible_change
    AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION frontdoor_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("frontdoor", "0002_visible_changes"),
        ("definitions", "0003_pharmacology"),
    ]

    operations = [
        migrations.RunSQL(
            TRIGGER.format(table=table),
            f"DROP TRIGGER frontdoor_visible_change ON {table};",
        )
        for table in TABLES
    ]
