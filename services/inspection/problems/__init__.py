"""Every way in which inspection refuses."""
