"""What `registry` accepts and answers."""
