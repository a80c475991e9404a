"""The portal's arithmetic. No HTTP, no clock."""
