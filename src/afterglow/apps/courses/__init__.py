"""All treatment of one patient for one indication."""
