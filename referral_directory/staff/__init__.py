"""People who sign in: community-space staff, curators and analysts. Nothing is built here yet."""
