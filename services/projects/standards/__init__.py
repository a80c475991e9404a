"""Published standards that the exports are held to, as data."""
