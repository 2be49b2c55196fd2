"""HL7 v2 device messages (IHE PCD-01 over MLLP): framing, parsing, acknowledging, sending.

The codec (framing, message, times, oru, ack, emit) is pure: no database, no clock, no sockets.
"""
