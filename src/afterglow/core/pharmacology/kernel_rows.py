"""The workspace that the population kernel's parts share: one flat array, its rows LANES apart.

All of a block's numbers live in one array whose rows are a constant apart, because that is how the
compiler can prove that rows do not overlap, and so turn a loop over LANES into vector instructions.
"""

from __future__ import annotations

import numba

LANES = 504
"""Patients in a block: 63 cache lines a row. A power of two would lay every row on the same few
sets of the first-level cache; short rows would keep the memory's prefetchers from starting."""
GROUP = 8
"""Time steps that a pass over the lanes takes at once, so that coefficients are loaded once."""

# Rows of the workspace. First what a patient brings:
K10, K12, K21, K13, K31, KM, N10, N12, N21, SC, SN, FACTOR = range(12)
# then the modes and the coefficients of one step, the states, and the trackers:
L0, L1, L2, M0, M1 = range(12, 17)
B0, B1, B2, H0, H1 = range(17, 22)  # input weights of the parent, formation weights
E0, E1, E2, F0, F1 = range(22, 27)
G0, G1, G2, J0, J1 = range(27, 32)  # per unit rate
W00, W10, W20, W01, W11, W21 = range(32, 38)
R0, R1, R2, Q0, Q1 = range(38, 43)  # G and J times the rate that runs
A0, A1, A2, S0, S1 = range(43, 48)
CMAX, CTIME, CAREA, NMAX, NTIME, NAREA = range(48, 54)
SPARE = 54
ROWS = SPARE + 1

jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")
"""How every part is compiled. The cache watches the file of the function that Python calls:
touch ``kernel.py`` when one of the other files changes."""
