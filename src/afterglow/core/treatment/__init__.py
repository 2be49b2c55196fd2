"""The treatment session: its lifecycle, and the rules to draw, start, discharge and sign."""
