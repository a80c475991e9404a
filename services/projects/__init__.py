"""projects: the industry project library (产业项目库): what is planned, built and earns."""
