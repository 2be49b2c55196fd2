"""Who did what, who opened whose chart, and who broke the glass."""
