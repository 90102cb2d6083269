"""Staff page: on one machine without a mail server, the mails that were kept as files.

Administrators only: with a link and a code somebody could look at a referral as its service does.
"""

import email
import email.policy
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from referral_directory.errors import NotFound
from referral_directory.staff.roles import Role, Staff
from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import signed_in, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Administrator = Annotated[Staff, Depends(signed_in(Role.ADMINISTRATOR))]
MOST = 50


@router.get("/staff/mail")
def show_mail(request: Request, staff: Administrator) -> HTMLResponse:
    """The newest mails in the folder. Raises NotFound where mail goes through a server."""
    folder = get_directory(request).mail_folder
    if folder is None:
        raise NotFound("mail folder")
    return staff_page(request, staff, "referrals/mail.html", mails=read_folder(folder))


def read_folder(folder: Path) -> list[dict[str, str]]:
    """The newest mails of a folder, as pages show them."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths[:MOST]]
    return [
        {"to": str(mail["To"]), "subject": str(mail["Subject"]), "text": str(mail.get_content())}
        for mail in read
    ]
