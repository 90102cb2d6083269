"""The catalogue of services: tables, the starter files, the in-memory index, search and cards."""
