"""``afterglow gateway bench``: how fast this machine takes messages, beside two bare references.

Everything runs on a scratch database that is thrown away; no clinic's data is touched.
"""
