"""Users and their identifiers: one identity for everybody who deals with the business."""
