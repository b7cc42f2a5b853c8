"""The only writing that Roundsman ever does to a source: whose user a customer is, guarded, journaled, reversible."""
