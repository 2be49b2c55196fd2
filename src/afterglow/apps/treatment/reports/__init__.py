"""What a site can prove over a month: coverage and alarms, each row countable by hand."""
