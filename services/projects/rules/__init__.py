"""What the policy of the project library says. No database, no HTTP, no clock."""
