"""Every statement that `funds` sends to PostgreSQL, by name."""
