"""Move contact data between CSV files and ActiveCampaign: validated, paced, resumable."""

__version__ = "0.1.0"
