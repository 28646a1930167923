"""The tutorial, typed in from top to bottom."""

from pages import type_in


def test_what_the_tutorial_types_does_what_it_shows(tmp_path):
    type_in("docs/tutorial.md", tmp_path)
