"""What is measured during an infusion, when it is due, and what is an alarm.

Pure: no clock, no database. The monitor at the bedside remains the primary alarm.
"""
