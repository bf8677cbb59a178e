"""The steps of a night: one plain function a task, which does not know Airflow.

Every step takes (settings, business date, parameters), does its work under the night's lease and returns
one line of counts for people. Nothing that a step needs is handed over in memory: it is in the warehouse.
"""

from __future__ import annotations

import logging
from datetime import date

import campaigns
import expectations
import ingestion
import models_ml
from dags.pipeline_support import dbt, fingerprinting, identity_of_night, publishing, summary
from dags.pipeline_support.markov import write_markov_credits
from dags.pipeline_support.params import NightlyParams
from warehouse import ledger
from warehouse.settings import Settings

logger = logging.getLogger(__name__)
