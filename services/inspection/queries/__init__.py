"""Every statement that inspection sends to PostgreSQL."""
