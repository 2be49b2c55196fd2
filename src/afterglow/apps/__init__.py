"""One folder a subject; lower ones never import higher ones."""
