"""How Django draws numbers, where a language would differ from what a pump shows."""
