"""People who sign in: community-space staff, curators, analysts and administrators. Knows no web framework."""
