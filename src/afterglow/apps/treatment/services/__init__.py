"""The verbs of an infusion day. Each is atomic, audited, published and safe to repeat."""
