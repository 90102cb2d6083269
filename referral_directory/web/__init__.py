"""What answers over HTTP: the API, one file a resource; the plain pages; and the one mapping of errors to
answers.
"""
