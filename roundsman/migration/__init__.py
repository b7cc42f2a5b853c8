"""The safe road from the collections a business already has to one identity."""
