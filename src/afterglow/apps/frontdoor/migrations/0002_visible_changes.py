"""Every table that a public page shows says so when it changes; see ``cache``."""

from django.db import migrations

TABLES = (
    "evidence_publication",
    "evidence_citation",
    "evidence_flag",
    "evidence_record",
    "frontdoor_page",
    "frontdoor_letter",
    "frontdoor_picture",
    "places_site",
    "places_sitehours",
)
FUNCTION = """
CREATE OR REPLACE FUNCTION frontdoor_note_change() RETURNS TRIGGER AS $$
BEGIN
    INSERT INTO frontdoor_change (table_name) VALUES (TG_TABLE_NAME);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
"""
TRIGGER = """
CREATE TRIGGER frontdoor_visible_change
    AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION frontdoor_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [("frontdoor", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION frontdoor_note_change();"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table),
                f"DROP TRIGGER frontdoor_visible_change ON {table};",
            )
            for table in TABLES
        ),
    ]
