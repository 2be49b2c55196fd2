"""Afterglow: the open-source system an IV-ketamine practice runs on."""
