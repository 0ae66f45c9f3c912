"""An answer is written as one text, and no value of a header can put a line of its own into it."""

import pytest

from server.http.answers import Answer


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "\r\n", "a\r\n\r\n<html>"])
async def test_a_line_break_in_a_header_is_refused_where_it_is_written(value: str) -> None:
    answer = Answer(b"{}", headers={"X-Request-Id": "1", "Location": value})
    with pytest.raises(ValueError, match="line break"):
        answer._text()


@pytest.mark.parametrize("name", ["X\r\nY", "X\n"])
async def test_a_line_break_in_a_name_is_refused_too(name: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        Answer(headers={name: "value"})._text()
