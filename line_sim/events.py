"""Events as LINE makes them when somebody does something: real shapes, with what the phone shows beside."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from line_sim.records import JsonDict
from line_sim.state import LineState

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Events:
    """Makes events. Whoever makes one has done it: friendship, chat and contents follow.

    Attributes:
        state: The fake LINE's memory.
    """

    state: LineState

    # Friendship

    def follow(self, channel: str, user_id: str, *, is_unblocked: bool = False) -> JsonDict:
        """Return the event of somebody adding or unblocking the account; messages reach the phone again."""
        self.state.befriend(channel, user_id)
        return self._event(channel, user_id, "follow", {"follow": {"isUnblocked": is_unblocked}})

    def unfollow(self, channel: str, user_id: str) -> JsonDict:
        """Return the event of somebody blocking the account; it brings no reply token."""
        self.state.block(channel, user_id)
        return self._event(channel, user_id, "unfollow", {}, may_reply=False)

    # Messages

    def text(self, channel: str, user_id: str, text: str) -> JsonDict:
        """Return the event of somebody writing a text."""
        message = {**self._message(channel, user_id, "text"), "quoteToken": _token(), "text": text}
        self.state.say(channel, user_id, text, message_id=message["id"])
        return self._event(channel, user_id, "message", {"message": message})

    def image(self, channel: str, user_id: str, body: bytes, content_type: str = "image/jpeg") -> JsonDict:
        """Return the event of somebody sending a photo, which can then be fetched by its message id."""
        return self._with_content(channel, user_id, "image", body, content_type, {"quoteToken": _token()})

    def images(
        self,
        channel: str,
        user_id: str,
        bodies: Sequence[bytes],
        content_type: str = "image/jpeg",
        *,
        numbered: bool = True,
    ) -> list[JsonDict]:
        """Return the events of an album, the last photo first: LINE promises no order.

        Args:
            channel: Whose webhook.
            user_id: Who sends.
            bodies: The photos, in the order they were chosen.
            content_type: Of all of them.
            numbered: Tell ``index`` and ``total``; old Android phones do not.
        """
        album = str(10**17 + secrets.randbelow(10**17))
        made = []
        for index, body in enumerate(bodies, 1):
            place = {"index": index, "total": len(bodies)} if numbered else {}
            more = {"quoteToken": _token(), "imageSet": {"id": album, **place}}
            made.append(self._with_content(channel, user_id, "image", body, content_type, more))
        return made[::-1]

    def video(self, channel: str, user_id: str, body: bytes, content_type: str = "video/mp4") -> JsonDict:
        """Return the event of somebody sending a film."""
        more = {"quoteToken": _token(), "duration": 4000}
        return self._with_content(channel, user_id, "video", body, content_type, more)

    def audio(self, channel: str, user_id: str, body: bytes, content_type: str = "audio/x-m4a") -> JsonDict:
        """Return the event of somebody sending their voice."""
        return self._with_content(channel, user_id, "audio", body, content_type, {"duration": 2000})

    def file(
        self,
        channel: str,
        user_id: str,
        body: bytes,
        name: str,
        content_type: str = "application/octet-stream",
    ) -> JsonDict:
        """Return the event of somebody sending a file."""
        more = {"fileName": name, "fileSize": len(body)}
        return self._with_content(channel, user_id, "file", body, content_type, more)

    def location(
        self,
        channel: str,
        user_id: str,
        latitude: float,
        longitude: float,
        address: str = "",
        title: str = "",
    ) -> JsonDict:
        """Return the event of somebody sending a place; LINE leaves out what it does not know."""
        names = {name: text for name, text in (("title", title), ("address", address)) if text}
        place = {**names, "latitude": latitude, "longitude": longitude}
        message = {**self._message(channel, user_id, "location"), **place}
        words = title or address or "ตำแหน่ง"
        self.state.say(channel, user_id, words, kind="location", message_id=message["id"], details=place)
        return self._event(channel, user_id, "message", {"message": message})

    def sticker(
        self, channel: str, user_id: str, package_id: str = "446", sticker_id: str = "1988"
    ) -> JsonDict:
        """Return the event of somebody sending a sticker."""
        more = {"packageId": package_id, "stickerId": sticker_id, "stickerResourceType": "STATIC"}
        message = {**self._message(channel, user_id, "sticker"), "quoteToken": _token(), **more}
        self.state.say(
            channel,
            user_id,
            "สติกเกอร์",
            kind="sticker",
            message_id=message["id"],
            details={"package_id": package_id, "sticker_id": sticker_id},
        )
        return self._event(channel, user_id, "message", {"message": message})

    def unsend(self, channel: str, user_id: str, message_id: str) -> JsonDict:
        """Return the event of somebody taking a message back; its content is gone."""
        self.state.unsend(channel, user_id, message_id)
        more = {"unsend": {"messageId": message_id}}
        return self._event(channel, user_id, "unsend", more, may_reply=False)

    def message_edited(
        self, channel: str, group_id: str, user_id: str, message_id: str, text: str
    ) -> JsonDict:
        """Return the event of somebody changing what they wrote in a group, which LINE has since 2026-08."""
        message = {"type": "text", "id": message_id, "quoteToken": _token(), "text": text}
        event = self._event(channel, user_id, "messageEdited", {"message": message}, may_reply=False)
        return in_group(event, group_id)

    # Presses

    def postback(
        self,
        channel: str,
        user_id: str,
        data: str,
        display_text: str = "",
        params: dict[str, str] | None = None,
    ) -> JsonDict:
        """Return the event of somebody pressing a button.

        Args:
            channel: Whose webhook.
            user_id: Who pressed.
            data: As the button carries it.
            display_text: What the chat shows; nothing when empty.
            params: ``{"datetime": "2569…"}`` and the like of a date picker, in Christian years.
        """
        if display_text:
            details = {"data": data, **({"params": params} if params else {})}
            self.state.say(channel, user_id, display_text, kind="postback", details=details)
        more = {"postback": {"data": data, **({"params": params} if params else {})}}
        return self._event(channel, user_id, "postback", more)

    def rich_menu_switch(self, channel: str, user_id: str, alias: str, data: str) -> JsonDict:
        """Return the event of somebody turning to another menu by its alias; the phone shows it at once."""
        menu_id = self.state.aliases.get((channel, alias))
        menu = self.state.menu(channel, menu_id) if menu_id else None
        if menu_id is None:
            status = "RICHMENU_ALIAS_ID_NOTFOUND"
        elif menu is None or menu.picture is None:
            status = "RICHMENU_NOTFOUND"
        else:
            self.state.link_menu(channel, user_id, menu_id)
            status = "SUCCESS"
        params = {"newRichMenuAliasId": alias, "status": status}
        return self._event(channel, user_id, "postback", {"postback": {"data": data, "params": params}})

    def beacon(self, channel: str, user_id: str, hwid: str = "d41d8cd98f") -> JsonDict:
        """Return the event of somebody coming near a beacon."""
        return self._event(channel, user_id, "beacon", {"beacon": {"hwid": hwid, "type": "enter"}})

    def account_link(
        self, channel: str, user_id: str, nonce: str, result: Literal["ok", "failed"] = "ok"
    ) -> JsonDict:
        """Return the event at the end of linking; a failed one says nobody's name and brings no token."""
        is_ok = result == "ok"
        more = {"link": {"result": result, "nonce": nonce}}
        event = self._event(channel, user_id, "accountLink", more, may_reply=is_ok)
        if not is_ok:
            del event["source"]
        return event

    # Groups

    def group_text(
        self, channel: str, group_id: str, user_id: str, text: str, *, tell_user: bool = True
    ) -> JsonDict:
        """Return the event of somebody writing in a group; some phones do not tell who it was."""
        message = {**self._message(channel, group_id, "text"), "quoteToken": _token(), "text": text}
        self.state.say(channel, group_id, text, message_id=message["id"])
        event = self._event(channel, user_id, "message", {"message": message}, answer_to=group_id)
        return in_group(event, group_id, tell_user=tell_user)

    def group_postback(
        self, channel: str, group_id: str, user_id: str, data: str, *, tell_user: bool = False
    ) -> JsonDict:
        """Return the event of somebody pressing in a group; LINE does not promise to tell who."""
        event = self._event(channel, user_id, "postback", {"postback": {"data": data}}, answer_to=group_id)
        return in_group(event, group_id, tell_user=tell_user)

    def join(self, channel: str, group_id: str) -> JsonDict:
        """Return the event of the account being asked into a group."""
        self.state.change_group(group_id, channels=[channel])
        return in_group(self._event(channel, "", "join", {}, answer_to=group_id), group_id, tell_user=False)

    def leave(self, channel: str, group_id: str) -> JsonDict:
        """Return the event of the account being removed from a group."""
        self.state.change_group(group_id, without=[channel])
        return in_group(self._event(channel, "", "leave", {}, may_reply=False), group_id, tell_user=False)

    def member_joined(self, channel: str, group_id: str, user_id: str) -> JsonDict:
        """Return the event of a person coming into a group."""
        self.state.change_group(group_id, members=[user_id])
        more = {"joined": {"members": [{"type": "user", "userId": user_id}]}}
        event = self._event(channel, user_id, "memberJoined", more, answer_to=group_id)
        return in_group(event, group_id, tell_user=False)

    def member_left(self, channel: str, group_id: str, user_id: str) -> JsonDict:
        """Return the event of a person going out of a group."""
        self.state.change_group(group_id, without=[user_id])
        more = {"left": {"members": [{"type": "user", "userId": user_id}]}}
        event = self._event(channel, user_id, "memberLeft", more, may_reply=False)
        return in_group(event, group_id, tell_user=False)

    # What LINE may invent tomorrow

    def unknown(self, channel: str, user_id: str, kind: str = "somethingNew") -> JsonDict:
        """Return an event of a kind nobody knows yet."""
        return self._event(channel, user_id, kind, {kind: {"what": "new"}})

    def unknown_message(self, channel: str, user_id: str, kind: str = "hologram") -> JsonDict:
        """Return the event of a message of a kind nobody knows yet."""
        message = self._message(channel, user_id, kind)
        return self._event(channel, user_id, "message", {"message": message})

    # Shapes

    def _with_content(
        self, channel: str, user_id: str, kind: str, body: bytes, content_type: str, more: JsonDict
    ) -> JsonDict:
        message = {**self._message(channel, user_id, kind), **more}
        details = {"content_id": message["id"], "content_type": content_type}
        if kind == "file":
            details |= {"file_name": more["fileName"], "file_size": more["fileSize"]}
        else:
            message["contentProvider"] = {"type": "line"}
        if "imageSet" in more:
            details["image_set"] = more["imageSet"]["id"]
        words = {"image": "รูปภาพ", "video": "วิดีโอ", "audio": "เสียง"}.get(kind) or more["fileName"]
        self.state.keep_content(channel, message["id"], body, content_type)
        self.state.say(channel, user_id, words, kind=kind, message_id=message["id"], details=details)
        return self._event(channel, user_id, "message", {"message": message})

    def _message(self, channel: str, user_id: str, kind: str) -> JsonDict:
        number = str(5 * 10**17 + secrets.randbelow(10**17))
        return {"type": kind, "id": number, "markAsReadToken": self.state.issue_read_token(channel, user_id)}

    def _event(
        self,
        channel: str,
        user_id: str,
        kind: str,
        more: JsonDict,
        *,
        may_reply: bool = True,
        answer_to: str = "",
    ) -> JsonDict:
        now = self.state.clock()
        event = {
            "type": kind,
            **more,
            "webhookEventId": ulid(now),
            "deliveryContext": {"isRedelivery": False},
            "timestamp": int(now * 1000),
            "source": {"type": "user", "userId": user_id},
            "mode": "active",
        }
        if may_reply:
            event["replyToken"] = self.state.issue_reply_token(channel, answer_to or user_id)
        return event


def redelivered(event: JsonDict) -> JsonDict:
    """Return the event as LINE sends it again: the same in all but the mark."""
    return {**event, "deliveryContext": {"isRedelivery": True}}


def standby(event: JsonDict) -> JsonDict:
    """Return the event as LINE sends it while another module holds the chat: nobody may answer."""
    return {**{name: value for name, value in event.items() if name != "replyToken"}, "mode": "standby"}


def in_group(event: JsonDict, group_id: str, *, tell_user: bool = True) -> JsonDict:
    """Return the event as it happens in a group."""
    who = {"userId": event["source"]["userId"]} if tell_user else {}
    return {**event, "source": {"type": "group", "groupId": group_id, **who}}


def ulid(seconds: float) -> str:
    """Return a ULID of this moment: 48 bits of milliseconds, 80 random ones, 26 characters."""
    number = (int(seconds * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def _token() -> str:
    return secrets.token_urlsafe(32)
