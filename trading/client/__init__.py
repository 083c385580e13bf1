"""Programs of the parties: supplier, agency, custodian. They see only what the HTTP API gives."""
