"""Polish words that go into letters themselves: correspondence is Polish whatever the panel's language."""

UNSUBSCRIBE_FOOTER = (
    '<hr style="border: 0; border-top: 1px solid #d5d9e0; margin: 32px 0 12px">'
    '<p style="font-size: 13px; color: #5b6472">Otrzymują Państwo tę wiadomość, ponieważ wyrazili Państwo '
    "zgodę na otrzymywanie informacji handlowych pocztą elektroniczną. Zgodę można w każdej chwili wycofać: "
    '<a href="{unsubscribe_url}">rezygnuję z wiadomości</a>.</p>'
)
"""Withdrawing consent must be as easy as giving it (RODO art. 7 ust. 3, RFC 8058)."""
