"""The Gradio lookup: a customer id goes in; persona, cluster, features, what to do and the place on the map come out.

Gradio takes seconds to import: nothing is imported here, and the server imports the parts while it already answers.
"""

import os

# Gradio reads this when it is imported, and calls home without it.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
