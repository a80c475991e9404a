"""What `funds` accepts and answers. Answers have no defaults, so OpenAPI marks every field as required."""
