"""Translation between Afterglow and the systems around it: nothing here decides anything."""
