"""What the policy says, as arithmetic. No database, no HTTP, no clock."""
