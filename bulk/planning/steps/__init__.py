"""The steps that carry a change out: small generators of requests, one file a family."""
