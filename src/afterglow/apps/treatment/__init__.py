"""Check-in, order, preparation, infusion, discharge, signature."""
