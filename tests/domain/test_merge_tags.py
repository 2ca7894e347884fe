from domain.merge_tags import MENU, RECORD_TAGS, TAG_PATTERN, escape_html, path_of, value_at, variable_of


def test_a_tag_with_a_record_behind_it_reads_the_record() -> None:
    assert path_of("client_name") == "client.name"
    assert variable_of(path_of("client_name")) is None


def test_any_other_tag_is_a_campaign_variable() -> None:
    assert path_of("invoice_number") == "variables.invoice_number"
    assert variable_of("variables.invoice_number") == "invoice_number"


def test_the_menu_offers_only_tags_that_read_records() -> None:
    assert all(RECORD_TAGS[tag.name] == tag.path and tag.label for tag in MENU)
    assert {tag.path for tag in MENU} == set(RECORD_TAGS.values())


def test_every_record_tag_is_written_as_a_tag_is() -> None:
    assert all(TAG_PATTERN.fullmatch(f"{{{name}}}") for name in RECORD_TAGS)


def test_a_missing_or_null_field_is_an_empty_text() -> None:
    values = {"client": {"name": None, "email": "a@b.pl"}}
    assert value_at(values, "client.name") == ""
    assert value_at(values, "client.phone") == ""
    assert value_at(values, "client.email.domain") == ""
    assert value_at(values, "client.email") == "a@b.pl"


def test_html_is_escaped_the_way_ejs_does_it() -> None:
    assert escape_html("<a href='x'>\"&</a>") == "&lt;a href=&#39;x&#39;&gt;&#34;&amp;&lt;/a&gt;"
