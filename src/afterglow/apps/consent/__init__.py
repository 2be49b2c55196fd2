"""What a patient agreed to, in which version."""
