"""The clinical judgement of Afterglow: pure functions over frozen facts.

Nothing here knows Django, a database, a clock or a random source. If a rule needs "now", it is an
argument called ``at``.
"""
