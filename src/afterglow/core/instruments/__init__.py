"""Instrument → Assessment → Score: scales as versioned data, scored by one machine.

A new scale is a JSON file, not new code. Item text ships only where its licence allows it.
"""
