"""Appointments: their lifecycle."""
