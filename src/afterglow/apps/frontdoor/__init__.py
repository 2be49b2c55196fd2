"""The public face: pages that cite, contact requests, the newsletter."""
