"""Pictures of a forecast: data prepared by plain functions, then drawn; nothing is estimated here."""
