"""Roundsman: the user system of a doorstep-delivery business, on FastAPI and MongoDB."""
