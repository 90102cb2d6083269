"""Counts of what is needed. Counter rows, never event rows: nothing here can be joined to a person."""
