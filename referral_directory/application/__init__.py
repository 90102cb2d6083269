"""The composition root: settings, commands, and the application they start."""
