"""The evidence library: records with sources and signers, and the texts that cite them."""
