"""A record's words in another language are visible: their change empties what was kept."""

from django.db import migrations

TABLES = ("evidence_recordtranslation", "evidence_translationcheck")
TRIGGER = """
CREATE TRIGGER frontdoor_visible_change
    AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION frontdoor_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("frontdoor", "0005_visible_places"),
        ("evidence", "0002_translations"),
    ]

    operations = [
        migrations.RunSQL(
            TRIGGER.format(table=table),
            f"DROP TRIGGER frontdoor_visible_change ON {table};",
        )
        for table in TABLES
    ]
