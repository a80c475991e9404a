"""Every statement that `registry` sends to PostgreSQL, by name."""
