"""The service desk: Zendesk tickets."""
