"""How well duplicates are told from variants: a labelled set, a scorer and the methods, apart from each other."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the harvester's workers
