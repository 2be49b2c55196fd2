"""TreatmentSession: identity and state of one visit, nothing else."""
