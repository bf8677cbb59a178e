"""Slot `churn`: how unusual a customer's silence is; a rule until a model is trained."""
