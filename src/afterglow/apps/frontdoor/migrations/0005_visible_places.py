"""A place on the map is visible: its change empties what was kept. See ``cache``."""

from django.db import migrations

TRIGGER = """
CREATE TRIGGER frontdoor_visible_change
    AFTER INSERT OR UPDATE OR DELETE ON frontdoor_sitemark
    FOR EACH STATEMENT EXECUTE FUNCTION frontdoor_note_change();
"""
NO_TRIGGER = "DROP TRIGGER frontdoor_visible_change ON frontdoor_sitemark;"


class Migration(migrations.Migration):
    dependencies = [("frontdoor", "0004_places_on_the_map")]

    operations = [migrations.RunSQL(TRIGGER, NO_TRIGGER)]
