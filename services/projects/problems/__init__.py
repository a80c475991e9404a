"""Every way the project library refuses, by thing."""
