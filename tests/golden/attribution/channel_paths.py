"""Where the 10,000 aggregated channel paths are, and the published credit of their channels."""

import os
from pathlib import Path

PROJECT = Path(__file__).parents[3]
DATA = Path(os.environ.get("BANKLOOP_DATA_DIR", PROJECT.parent / "shared" / "data"))
PATHS = DATA / "channel_paths" / "paths.csv.gz"

# channel: first, last, linear, position 40/20/40, Markov of order 1 without null paths.
# First, last and linear are the output of ChannelAttribution 2.2.5.
PUBLISHED = {
    "alpha": (6308, 8447, 7574.719, 7444.824, 5260.070),
    "beta": (2831, 989, 2083.500, 1969.766, 2585.406),
    "delta": (1, 5, 1.725, 2.587, 4.259),
    "epsilon": (99, 531, 272.170, 301.050, 604.832),
    "eta": (3164, 4167, 3539.951, 3618.796, 3347.766),
    "gamma": (165, 92, 121.042, 125.241, 176.028),
    "iota": (4606, 3355, 3857.096, 3944.948, 3899.246),
    "kappa": (74, 230, 137.964, 147.460, 276.651),
    "lambda": (902, 1207, 1035.258, 1046.904, 1295.482),
    "mi": (2, 2, 2.222, 2.057, 1.893),
    "theta": (1606, 653, 1022.801, 1092.744, 1938.846),
    "zeta": (27, 107, 136.552, 88.623, 394.521),
}
