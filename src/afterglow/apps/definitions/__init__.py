"""Versioned clinical data of every kind, with source and approver."""
