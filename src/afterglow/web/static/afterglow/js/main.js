// Everything a page needs, loaded once.
