"""Sites, rooms, opening hours and the equipment check of the day."""
