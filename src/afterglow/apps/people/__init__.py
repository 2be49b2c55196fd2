"""Patients, their allergies, medicines and care teams."""
