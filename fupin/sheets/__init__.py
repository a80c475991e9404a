"""
Reading the files that people send, at arm's length.

A file is parsed in a child process with limits on memory and CPU, started for that file and without this process's
environment. It gets the file as its standard input and answers lines of JSON: nothing it says is executed.
"""
