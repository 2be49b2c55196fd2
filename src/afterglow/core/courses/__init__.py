"""Courses of treatment: their phases and what accepting one demands."""
