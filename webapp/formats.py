"""Numbers to words, in pages as in reports."""

from pipeline.formats import *  # noqa: F403 - by this name they are known to every page
