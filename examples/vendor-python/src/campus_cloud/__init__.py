"""A vendor's cloud: an inventory API and signed webhooks, as the vendor cloud contract 1.0 describes them."""
