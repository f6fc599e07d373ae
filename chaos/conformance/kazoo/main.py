"""The conformance suite of kazoo: see ../suite-lines.ts for what it prints."""
print('@case {"name":"a","observed":1}')
