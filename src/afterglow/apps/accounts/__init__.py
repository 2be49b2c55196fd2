"""Who may act where: accounts, roles per site, credentials, PINs."""
