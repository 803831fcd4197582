"""Recovery: how soon each type of fulfillment event is current again after an interruption, against its objectives."""
