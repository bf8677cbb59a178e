"""DAGs: *when* things run. What runs is in pipeline_support/steps.py, which knows no Airflow."""
