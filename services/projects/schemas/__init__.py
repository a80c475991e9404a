"""What the project library accepts and answers. Money is whole fen; days are days of the county (Asia/Shanghai)."""
