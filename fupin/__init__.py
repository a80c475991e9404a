"""The kernel: what the services share. It knows no service and no noun of the field."""

__version__ = "0.1.0"
