"""The storage base of every app: public ids, fields with units, append-only tables, roles."""
