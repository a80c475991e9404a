"""Every statement that the project library sends to PostgreSQL, by name."""
