"""Sending one mail: as a file in a folder, or over SMTP with TLS. And what mails say, which is never about a person."""

import os
import smtplib
import ssl
import tempfile
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from referral_directory.errors import NotDelivered
from referral_directory.referrals.delivery import Letter
from referral_directory.referrals.outbox import ANSWER, CHASE, CODE, NEW, NOTE, PAGE, PAGE_CODE, WITHDRAWN

SECONDS = 20
# About a service's record (truth/keeping.py), which no referral knows of.
RECORD = "record"
SUBJECTS = {
    NEW: "A new referral for {service} ({reference})",
    CHASE: "Still waiting for your answer: referral {reference}",
    ANSWER: "Your question about referral {reference} is answered",
    NOTE: "There is something new about referral {reference}",
    WITHDRAWN: "Referral {reference} is withdrawn",
    CODE: "Your code for referral {reference}",
    RECORD: "Is this still right? {service}",
    PAGE: "Your link to all your referrals",
    PAGE_CODE: "Your code for the page with all your referrals",
}
WITH_LINK = """{subject}.

Open it here:
{url}/provider/{secret}

The page sends a code to this address and asks you for it: please do not pass the link on.
You can accept, ask, decline or suggest another service there. You need no account.
"""
CODE_TEXT = """Your code is {secret}

It works for 15 minutes, on the page that you opened. If you did not ask for it, do nothing.
"""
TEXTS = {
    NEW: WITH_LINK,
    CHASE: WITH_LINK,
    ANSWER: WITH_LINK,
    NOTE: """{subject}.

Please read it before you get in touch with the person. Open it here:
{url}/provider/{secret}

The page sends a code to this address and asks you for it: please do not pass the link on. You need no account.
""",
    WITHDRAWN: """The person no longer wants this referral, or the community space took it back.

The link that you were sent works no longer. If you wrote anything down from it, please delete it.
""",
    CODE: CODE_TEXT,
    RECORD: """People in Leeds find {service} through Signpost Leeds. Please look whether it is still right:
{url}/keep/{secret}

One click says that it is. There you can also say that you are full or closed for a while, or what is wrong.
You need no account. The link works for 90 days; whoever has it can say these things for you.
""",
    PAGE_CODE: CODE_TEXT,
    PAGE: """All referrals to this address stand on one page:
{url}/providers/{secret}

You can keep the link as a bookmark. The page sends a code to this address each time and asks you for it. A new link
takes the place of this one. If you did not ask for it, do nothing.
""",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server; `security` is "starttls" or "tls". Mail never goes out over an open connection."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


def write_message(letter: Letter, sender: str, public_url: str) -> EmailMessage:
    """The mail. Its Message-ID is the same at each try."""
    message = EmailMessage()
    words = {"service": letter.service, "reference": letter.reference, "secret": letter.secret}
    subject = SUBJECTS[letter.kind].format(**words)
    message["Subject"] = " ".join(subject.split())
    message["From"], message["To"] = sender, letter.address
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    text = TEXTS[letter.kind].format(subject=subject, url=public_url, **words)
    message.set_content(text + "\nSignpost Leeds\n")
    return message


def send_to_folder(folder: Path, message: EmailMessage, letter: Letter) -> None:
    """Keep a mail as a file that only this user reads; sent twice it is still one file. Raises NotDelivered."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, made = tempfile.mkstemp(dir=folder, prefix=".")  # mode 600
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        Path(made).replace(folder / f"{letter.id}.eml")
    except OSError as error:
        raise NotDelivered(f"The mail folder cannot be written ({type(error).__name__}).") from error


def send_to_server(server: Server, message: EmailMessage) -> None:
    """Hand a mail to the mail server, with TLS. Raises NotDelivered."""
    context = ssl.create_default_context(cafile=server.ca_file)
    try:
        if server.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS, context=context
            )
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        with client:
            if server.security != "tls":
                client.starttls(context=context)
            if server.username:
                client.login(server.username, server.password)
            client.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # The server's own words can hold addresses: only the kind of failure is kept.
        raise NotDelivered(f"The mail server did not take it ({type(error).__name__}).") from error
