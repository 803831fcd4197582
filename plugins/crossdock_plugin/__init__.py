"""What Airflow itself loads of Crossdock: the menu's links to the documents it writes, for signed-in readers."""
