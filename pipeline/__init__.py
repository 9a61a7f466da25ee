"""Clientele's pipeline: files of customers or order lines in, a published run of parquet out."""

__version__ = "0.1.0"
