"""The exception desk: pages for the people of the queues. Served by whoever mounts `web.build`; knows no Airflow."""
