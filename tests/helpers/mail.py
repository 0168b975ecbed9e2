"""A mailbox for tests, mail servers that misbehave, and certificates for them."""

from __future__ import annotations

import socket
import ssl
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from helpers.people import officer_named

from domain.clock import now
from domain.settings import write_setting
from extensions import db, write_transaction
from mail_message import MailLetter, MailSettings
from mail_sim.server import MailBox, MailServer
from models import MessageTemplate, OutboxChannel, OutboxMessage
from worker.loop import Counts, drain_once

NOTE = "test_letter"
ADDRESS = "officer@khonkaen.example"
SENDER = "complaints@khonkaen.example"


def settings_for(port: int, **changes: Any) -> MailSettings:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "security": "none",
        "sender": SENDER,
        "sender_name": "เทศบาล",
    }
    return MailSettings(port=port, **{**values, **changes})


def new_letter(recipient: str = ADDRESS, **changes: Any) -> MailLetter:
    values: dict[str, Any] = {
        "subject": "อส. 1/2569 มอบหมายให้ท่าน",
        "text": "โปรดกดรับทราบ\n",
        "html": "<p>โปรดกดรับทราบ</p>",
        "key": "0b6a1f3e-1111-4222-8333-444455556666",
        "moment": datetime(2026, 11, 20, 5, 0, tzinfo=UTC),
    }
    return MailLetter(recipient=recipient, **{**values, **changes})


@contextmanager
def scripted(answers: Sequence[str | None]) -> Iterator[int]:
    """A server that says the given lines, one for each it hears; None hangs, an empty text hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            with suppress(OSError):
                connection, _address = listening.accept()
                with connection:
                    _talk(connection, answers, done)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        done.set()
        with suppress(OSError):
            socket.create_connection(listening.getsockname(), 1).close()  # Ends the waiting for a guest.
        thread.join(5)
        listening.close()


def _talk(connection: socket.socket, answers: Sequence[str | None], done: threading.Event) -> None:
    heard = connection.makefile("rb")
    for number, answer in enumerate(answers):
        if number:
            line = heard.readline()
            while line and answers[number - 1] == "354 go on" and line != b".\r\n":
                line = heard.readline()
            if not line:
                return
        if answer is None:
            done.wait(10)
            return
        if not answer:
            connection.shutdown(socket.SHUT_RDWR)
            return
        connection.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
    heard.readline()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1, as a file that clients may be told to trust."""

    path: Path

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.path)
        return made


def new_certificate(folder: Path, host: str = "127.0.0.1") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return Certificate(path)


@dataclass
class MailTown:
    """The app, a mailbox its letters go to, and what a test does with both."""

    app: Flask
    box: MailBox

    def drain(self) -> Counts:
        try:
            return drain_once(self.app, periodic=False)
        finally:
            db.session.rollback()

    def put(self, recipient: str = ADDRESS, text: str = "ข่าว", **columns: Any) -> int:
        """Put a letter into the outbox and return its id."""
        with write_transaction() as session:
            facts = {"number": "อส. 1/2569", "public_code": "2026-1", "story_short": text}
            facts |= {"state_code": "submitted", "state_word": "ได้รับเรื่องแล้ว"}
            values: dict[str, Any] = {
                "channel": OutboxChannel.EMAIL,
                "template_key": NOTE,
                "facts": facts,
                "dedupe_key": str(uuid.uuid4()),
                "retry_key": str(uuid.uuid4()),
                "not_before": now(),
                "created_at": now(),
            }
            row = OutboxMessage(recipient=recipient, recipient_name="สมชาย ใจดี", **{**values, **columns})
            session.add(row)
            session.flush()
            return row.id

    def set(self, **values: Any) -> None:
        """Write settings, as an administrator does while the worker runs."""
        with write_transaction() as session:
            for key, value in values.items():
                write_setting(session, key, value)


def row(row_id: int) -> OutboxMessage:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, row_id)


@contextmanager
def mail_town(app: Flask, **options: Any) -> Iterator[MailTown]:
    """Give the town a mail server, an officer with an address, and a template of one line."""
    box = MailBox(**options)
    with MailServer(box) as server:
        town = MailTown(app, box)
        town.set(mail_host=server.host, mail_port=server.port, mail_security="none", mail_from=SENDER)
        with write_transaction() as session:
            officer_named(session, "officer").email = ADDRESS
            words = {"title": "ถึงท่าน", "body": "{story_short}", "alt": "{number} มีข่าว"}
            session.add(MessageTemplate(key=NOTE, language="th", layout="staff_note_card", words=words))
        yield town
