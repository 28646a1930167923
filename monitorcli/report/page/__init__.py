"""The parts of the page that `as_html` puts together: each takes values and returns markup."""
