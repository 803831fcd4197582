"""SAP S/4HANA: OData v2 sales orders, outbound deliveries and material stock."""
