"""What is known of medicines: their classes, and what a benzodiazepine dose amounts to."""
