"""ActiveCampaign over HTTP, through the gateway or directly. The only importer of httpx."""
