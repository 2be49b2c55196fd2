"""Answered instruments and their scores."""
