"""Referrals with consent, followed to the end. Nothing is built here yet: see the referrals issue."""
