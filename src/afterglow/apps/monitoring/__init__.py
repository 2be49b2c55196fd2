"""Vital signs, alarms, device assignments and the review queue."""
