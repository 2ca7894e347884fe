"""Files of a draft: attached one request each, taken off, looked at again."""

from io import BytesIO
from typing import Any

from flask import abort, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from flask_admin import expose
from werkzeug.datastructures import FileStorage

from admin_views.access import WRITE, GuardedView, needs
from admin_views.campaign_records import campaign_or_404, draft_or_refusal
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.attachment import Attachment
from services.attach_file import AttachmentRefused, Upload, attach
from services.detach_file import detach


class AttachmentPages(GuardedView):
    """The attachments of a draft, and their download from a campaign."""

    @expose("/attach/<int:campaign_id>", methods=("POST",))
    @needs(WRITE)
    def attach_file(self, campaign_id: int) -> ResponseReturnValue:
        file = request.files.get("file")
        if file is None:
            raise AttachmentRefused
        campaign, hands = draft_or_refusal(campaign_id), wiring()
        attachment = attach(
            db.session(),
            campaign,
            upload_of(file),
            store=hands.files,
            limits=hands.attachment_limits,
            created_by_id=current_user_id(),
            now=hands.clock(),
        )
        return jsonify(_shown(attachment))

    @expose("/detach/<int:campaign_id>/<int:attachment_id>", methods=("POST",))
    @needs(WRITE)
    def detach_file(self, campaign_id: int, attachment_id: int) -> ResponseReturnValue:
        detach(db.session(), draft_or_refusal(campaign_id), attachment_id, store=wiring().files)
        return "", 204

    @expose("/attachment/<int:campaign_id>/<int:attachment_id>")
    def attachment(self, campaign_id: int, attachment_id: int) -> ResponseReturnValue:
        attached = campaign_or_404(campaign_id).attachments
        file = next((each for each in attached if each.id == attachment_id), None)
        if file is None:
            abort(404)
        # Never shown by the browser itself: an attached page would run as one of ours.
        return send_file(
            BytesIO(wiring().files.read(file.uuid)),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=file.filename,
        )


def upload_of(file: FileStorage) -> Upload:
    """A file from a form; no more of it is read than shows that it is too large."""
    content = file.read(wiring().attachment_limits.together + 1)
    return Upload(file.filename or "", file.mimetype, content)


def _shown(attachment: Attachment) -> dict[str, Any]:
    return {"id": attachment.id, "name": attachment.filename, "size": attachment.size}
