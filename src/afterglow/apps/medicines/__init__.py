"""The products a site may hold and give."""
