"""Prices and stories are visible: their change empties what was kept. See ``cache``."""

from django.db import migrations

TABLES = ("frontdoor_pricelist", "frontdoor_priceentry", "frontdoor_story")
TRIGGER = """
CREATE TRIGGER frontdoor_visible_change
    AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION frontdoor_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [("frontdoor", "0007_prices_stories_referrals")]

    operations = [
        migrations.RunSQL(
            TRIGGER.format(table=table),
            f"DROP TRIGGER frontdoor_visible_change ON {table};",
        )
        for table in TABLES
    ]
