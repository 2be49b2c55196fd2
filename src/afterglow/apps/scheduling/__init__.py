"""Appointments and staff hours."""
