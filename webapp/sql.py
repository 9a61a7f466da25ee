"""Names, texts and files as they are written in SQL, the pipeline's."""

from pipeline.sql import *  # noqa: F403 - by this name they are known to every view
