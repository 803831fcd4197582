"""Alerts: whom we tell, of what, how and how often. They read cases and the platform's state and change neither."""
