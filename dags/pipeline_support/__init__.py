"""What the DAG files and the command line share."""
