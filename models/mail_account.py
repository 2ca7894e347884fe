"""Mail accounts to send from and to fetch from."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Identified, Model, enum_type
from models.encrypted import EncryptedText
from models.sending_account import LIMITS_POSITIVE, SendingAccount


class MailSecurity(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class MailAccount(SendingAccount):
    """An account; with ``uses_settings`` the server and log-in come from the MAIL_* settings.

    With an ``imap_host`` mail is fetched from there. ``bounce_address``: where returned mail goes, each
    message's signed id put before its @ (VERP). ``takes_answers``: answers come to the application, by a
    signed Reply-To of the same kind. ``fetch_failure``: why the last fetch failed.
    """

    __tablename__ = "mail_account"
    __table_args__ = (
        sa.CheckConstraint("uses_settings OR length(host) > 0", name="has_a_host"),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name="port_range"),
        sa.CheckConstraint(LIMITS_POSITIVE, name="limits_positive"),
        sa.Index(
            "uq_mail_account_default",
            "is_default",
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        ),
    )

    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    uses_settings: Mapped[bool] = mapped_column(default=False)
    sender_name: Mapped[str] = mapped_column(sa.String(120), default="")
    sender_address: Mapped[str] = mapped_column(sa.String(254), default="")
    reply_to: Mapped[str] = mapped_column(sa.String(254), default="")
    host: Mapped[str] = mapped_column(sa.String(255), default="")
    port: Mapped[int] = mapped_column(default=587)
    security: Mapped[MailSecurity] = mapped_column(
        enum_type(MailSecurity, "security"), default=MailSecurity.STARTTLS
    )
    username: Mapped[str] = mapped_column(sa.String(255), default="")
    password: Mapped[str | None] = mapped_column(EncryptedText)
    is_default: Mapped[bool] = mapped_column(default=False)
    imap_host: Mapped[str] = mapped_column(sa.String(255), default="", server_default="")
    imap_port: Mapped[int] = mapped_column(default=993, server_default=sa.text("993"))
    imap_security: Mapped[MailSecurity] = mapped_column(
        enum_type(MailSecurity, "imap_security"), default=MailSecurity.TLS, server_default=MailSecurity.TLS
    )
    imap_username: Mapped[str] = mapped_column(sa.String(255), default="", server_default="")
    imap_password: Mapped[str | None] = mapped_column(EncryptedText)
    bounce_address: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    takes_answers: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    fetched_at: Mapped[datetime | None]
    fetch_failure: Mapped[str] = mapped_column(sa.String(600), default="", server_default="")

    folders: Mapped[list["MailFolder"]] = relationship(back_populates="account", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.name


class MailFolder(Identified, Model):
    """A folder on the account's IMAP server; a message in it is (folder, uidvalidity, uid)."""

    __tablename__ = "mail_folder"
    __table_args__ = (sa.UniqueConstraint("account_id", "path"),)

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_account.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(sa.String(500))
    name: Mapped[str] = mapped_column(sa.String(255))
    special_use: Mapped[str] = mapped_column(sa.String(20), default="")
    uidvalidity: Mapped[int | None] = mapped_column(sa.BigInteger)
    uidnext: Mapped[int | None] = mapped_column(sa.BigInteger)
    highestmodseq: Mapped[int | None] = mapped_column(sa.BigInteger)

    account: Mapped[MailAccount] = relationship(back_populates="folders")
