"""What pharmacology shows on pages: predicted levels, plans side by side, the mechanism."""
