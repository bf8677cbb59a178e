"""A night in a process of its own, which a test may kill: python -m tests.factories.one_night D."""

import sys
from datetime import date

from dags.pipeline_support.night import run_night
from dags.pipeline_support.params import NightlyParams
from warehouse.settings import get_settings

if __name__ == "__main__":
    night = date.fromisoformat(sys.argv[1])
    for line in run_night(get_settings(), night, NightlyParams(data_tests=False)):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
