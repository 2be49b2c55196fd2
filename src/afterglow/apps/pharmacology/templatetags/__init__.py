"""Template tags of predicted levels and the mechanism explainer."""
