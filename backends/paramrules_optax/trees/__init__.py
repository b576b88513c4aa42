"""Trees of parameters: the names and owners of their leaves, and values put into their structure."""
