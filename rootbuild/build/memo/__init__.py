"""Whole builds remembered, so that one with nothing to do need not be understood again."""
