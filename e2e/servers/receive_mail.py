"""The mail receiver behind `e2e/servers/smtp`: stores what it is sent, and fails on request.

A message to `defer@…` is answered 451 and one to `refuse@…` 550, so that tests can see the program
retry the first and report the second.
"""

import asyncio
import json
import os
import signal
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


class Receiver(Mailbox):
    """A maildir with two recipients that are never accepted."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0].lower()
        if name == "defer":
            return "451 try again later"
        if name == "refuse":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 accepted"


async def serve(mailbox):
    receiver = Receiver(mailbox)
    # The alert's recipient, the force's administrator or a test reads these files as another user.
    for folder in (mailbox, *(os.path.join(mailbox, part) for part in ("new", "cur", "tmp"))):
        os.chmod(folder, 0o755)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(receiver, enable_SMTPUTF8=True), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    print(json.dumps({"address": f"{host}:{port}", "mailbox": mailbox}, separators=(",", ":")), flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


asyncio.run(serve(os.path.abspath(sys.argv[1])))
