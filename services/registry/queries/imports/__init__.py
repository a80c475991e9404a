"""
How a file's rows get into the registry: staged by COPY, checked and taken by sets.

The staging tables are temporary and die with the transaction, so a crash leaves nothing and the file is simply read
again. Row-level security does not apply to them (PostgreSQL refuses COPY under it); it does to every INSERT ... SELECT
out of them.
"""
