"""A batch as one page of HTML with its charts."""
