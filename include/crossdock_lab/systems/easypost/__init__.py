"""The carrier gateway: EasyPost trackers, shipments, rates and labels."""
