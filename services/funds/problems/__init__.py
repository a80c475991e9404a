"""Every way in which funds refuses."""
