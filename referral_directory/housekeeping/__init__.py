"""What the background worker does, and when it last did it."""
