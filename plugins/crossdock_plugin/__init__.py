"""What Airflow itself loads of Crossdock: the exception desk, and the links to the documents it writes."""
