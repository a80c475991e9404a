"""What inspection accepts and answers."""
