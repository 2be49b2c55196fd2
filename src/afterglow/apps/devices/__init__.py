"""Monitors and pumps, where they stand, and what they sent."""
