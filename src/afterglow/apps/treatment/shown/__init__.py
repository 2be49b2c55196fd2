"""What the infusion screen shows: small frozen values, built from rows, drawn by templates."""
