"""How e-mails look: the company's name, logo, colours and footer around every one of them."""

import re
from typing import Any

from flask import flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from admin_views.access import ADMINISTER, needs
from admin_views.base import PanelView
from admin_views.sections import SETTINGS
from domain.branding import Branding
from domain.colours import READABLE, VISIBLE, WHITE, contrast, is_colour
from domain.errors import DomainError
from domain.names import as_one_line
from extensions.babel import current_language, translate
from extensions.csp import relax
from extensions.login import current_user_id
from extensions.wiring import wiring
from gateways.logo_picture import LARGEST_FILE, LogoPicture, PictureRefused, logo_picture
from models import db
from models.branding import BrandingVersion
from services.branding import branding_in_force, newest_version
from services.preview_branding import preview_branding, tried_branding
from services.save_branding import Change, Look, cleaned_footer, reset_branding, save_branding

REFUSED = 409


def _line(typed: str | None) -> str:
    return as_one_line(typed or "")


def _hashed(typed: str | None) -> str:
    text = (typed or "").strip().lower()
    return f"#{text}" if re.fullmatch("[0-9a-f]{6}", text) else text


def _colour(_form: Any, field: Any) -> None:
    if not is_colour(field.data):
        raise ValidationError(gettext("A colour is written like #0f5c5c."))


class BrandingForm(FlaskForm):
    class Meta:
        csrf = False  # the panel checks every request (extensions.csrf)

    company = StringField(
        _("Our company's name"),
        [DataRequired(), Length(max=120)],
        filters=[_line],
        description=_("Said in place of a logo that is not shown, and wherever a text has {company_name}."),
    )
    logo = FileField(
        _("Logo"),
        description=_("PNG or JPEG, up to 2 MB. Shown at most 240 pixels wide and 80 high."),
    )
    without_logo = BooleanField(_("Without a logo"))
    colour = StringField(
        _("Main colour"),
        [Optional(), _colour],
        filters=[_hashed],
        description=_("The line under the logo; without a logo the ground of the company's name."),
    )
    link_colour = StringField(_("Colour of links"), [Optional(), _colour], filters=[_hashed])
    footer = TextAreaField(
        _("Footer of every e-mail"),
        description=_("The same for everybody: address, telephone, what the law asks a company to say."),
    )

    def look(self) -> Look:
        """What is typed. Raises PictureRefused and TemplateRefused."""
        return Look(
            company=self.company.data or "",
            colour=self.colour.data or "",
            link_colour=self.link_colour.data or "",
            footer_html=cleaned_footer(self.footer.data or ""),
            picture=_picture(self.logo.data),
            without_logo=self.without_logo.data,
        )


class BrandingView(PanelView):
    title = _("Look of e-mails")
    menu_section = SETTINGS
    icon = "bi-palette"
    intro = _("Put around every e-mail from now on. Messages approved or sent before keep their look.")
    read_permission = write_permission = ADMINISTER

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        form, version = _form(), newest_version(db.session())
        if request.method == "POST" and form.validate() and _save(form):
            flash(gettext("The look of e-mails has been saved."), "success")
            return redirect(self.get_url(".index"))
        # The frame of the preview and the editor inherit this page's policy.
        relax(inline_styles=True, remote_images=True)
        page = self.render(
            "branding/index.html",
            form=form,
            version=version,
            is_plain=branding_in_force(db.session()).is_plain,
            moved=_moved(version),
            editor={"language": current_language(), "tags": []},
        )
        return (str(page), REFUSED) if form.errors else str(page)

    @expose("/preview", methods=("POST",))
    @needs(ADMINISTER)
    def preview(self) -> ResponseReturnValue:
        """A sample message in the look that is typed; nothing is kept."""
        form = BrandingForm()
        if not form.validate():
            wrong = [str(error) for errors in form.errors.values() for error in errors]
            return " ".join(wrong), REFUSED
        look = form.look()
        rendered = preview_branding(db.session(), look)
        warnings = contrast_warnings(tried_branding(db.session(), look))
        return jsonify(subject=rendered.subject, html=rendered.html, text=rendered.text, warnings=warnings)

    @expose("/reset", methods=("POST",))
    @needs(ADMINISTER)
    def reset(self) -> ResponseReturnValue:
        """Plain e-mails again."""
        reset_branding(db.session(), _change())
        flash(gettext("E-mails go out plain again."), "success")
        return redirect(self.get_url(".index"))


def contrast_warnings(branding: Branding) -> list[str]:
    """What a reader may not see well on the white ground of a message."""
    link, colour = branding.link_colour, branding.colour
    warnings = []
    if link and contrast(link, WHITE) < READABLE:
        warnings.append(
            gettext(
                "Links in this colour are hard to read: contrast %(ratio)s, at least 4.5 is needed.",
                ratio=format_decimal(round(contrast(link, WHITE), 1)),
            )
        )
    if colour and contrast(colour, WHITE) < VISIBLE:
        warnings.append(
            gettext(
                "The main colour can hardly be seen on white: contrast %(ratio)s, at least 3 is needed.",
                ratio=format_decimal(round(contrast(colour, WHITE), 1)),
            )
        )
    return warnings


def _form() -> BrandingForm:
    now = branding_in_force(db.session())
    return BrandingForm(
        data={
            "company": now.company,
            "colour": now.colour,
            "link_colour": now.link_colour,
            "footer": now.footer_html,
        }
    )


def _save(form: BrandingForm) -> bool:
    try:
        look = form.look()
    except DomainError as error:
        field = form.logo if isinstance(error, PictureRefused) else form.footer
        field.errors = [*field.errors, translate(error)]
        return False
    save_branding(db.session(), look, _change())
    for warning in contrast_warnings(look.branding(None)):
        flash(warning, "warning")
    return True


def _change() -> Change:
    hands = wiring()
    return Change(hands.files, hands.base_url, current_user_id(), hands.clock())


def _picture(file: Any) -> LogoPicture | None:
    """What was uploaded; no more of it is read than shows that it is too large."""
    if not isinstance(file, FileStorage) or not file.filename:
        return None
    return logo_picture(file.read(LARGEST_FILE + 1))


def _moved(version: BrandingVersion | None) -> bool:
    """Whether the logo's address is another than the application's is today."""
    address = version.logo_url if version else ""
    return bool(address) and not address.startswith(f"{wiring().base_url}/")
