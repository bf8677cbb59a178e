"""Slot `clusters`: stable behaviour personas; a rule labels until a model is trained."""
