"""Addresses of the board and the chart."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.visits import views

app_name = "visits"

urlpatterns = [
    path("board/", views.board, name="board"),
    path("board/panel/", views.board_panel, name="board-panel"),
    path("patients/<uuid:patient>/", views.chart, name="chart"),
]
