"""A patient, a monitor and a pump that speak the real protocols: demo, rehearsal, load."""
