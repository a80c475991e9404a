"""Which columns hold sealed values, and the context each is sealed for; `fupin rotate-keys` reads it."""

SEALED = {"declaration_file.content_enc": "projects.declaration.sheet"}
