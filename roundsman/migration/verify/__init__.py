"""Proving an import: everything is recomputed from the source and the stored documents, nothing from counters."""
