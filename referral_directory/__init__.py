"""The directory service of Signpost Leeds: catalogue, places, search and counts of demand.

Imports point down: application > web > referrals > catalogue | demand | staff > database > plain rules.
"""
