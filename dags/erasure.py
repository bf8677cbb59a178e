"""Erasing customers between two nights, then looking for what is left of them."""

from __future__ import annotations

from airflow.sdk import chain, dag

from dags.pipeline_support.defaults import dag_defaults
from dags.pipeline_support.erasure_tasks import erase_parties, prove_erasure
from dags.pipeline_support.params import ErasureParams
from dags.pipeline_support.tasks import form_of


@dag(**dag_defaults("erasure", tags=("privacy",), is_nightly=False), params=form_of(ErasureParams))
def erasure() -> None:
    """Erase first; the proof fails the run where something can still be read."""
    chain(erase_parties(), prove_erasure())


erasure()
