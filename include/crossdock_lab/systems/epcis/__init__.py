"""The warehouse system: GS1 EPCIS 2.0 events, asked for and pushed."""
