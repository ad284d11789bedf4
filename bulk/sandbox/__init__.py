"""The sandbox: a local stand-in for ActiveCampaign, in process or on a loopback port."""
