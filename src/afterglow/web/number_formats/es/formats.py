"""Spanish numbers with a decimal point: a bag label, a pump and a page show the same digits.

The United States, Mexico and Central America write a point in Spanish too; beside a pump that
shows a point, a comma that is overlooked is a tenfold dose.
"""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = "\N{NO-BREAK SPACE}"
