"""Views of the public face: pages, contact, newsletter, and the staff's side of them."""
