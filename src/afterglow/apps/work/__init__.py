"""Tasks with an owner, a clock and an escalation."""
