"""Synthesis: several trials as one estimate, with its doubts, and what may not be pooled at all.

Effects are computed on the scale they are pooled on: the logarithm for odds and risk ratios, the
plain number for differences. A positive log ratio or risk difference favours the treated arm; a
mean difference is treated minus control. numpy, SciPy and statsmodels are imported when a
calculation runs, so that a page that shows no synthesis does not pay for them.
"""
