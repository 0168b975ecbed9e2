"""LINE's own library, unchanged, over a real connection: what it can do with LINE it can do with the fake."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from linebot.v3 import messaging
from linebot.v3.messaging import (
    ApiClient,
    ApiException,
    Configuration,
    CreateRichMenuAliasRequest,
    FlexContainer,
    FlexMessage,
    LocationAction,
    MarkMessagesAsReadByTokenRequest,
    MessagingApi,
    MessagingApiBlob,
    MulticastRequest,
    PushMessageRequest,
    QuickReply,
    QuickReplyItem,
    ReplyMessageRequest,
    RichMenuArea,
    RichMenuBounds,
    RichMenuBulkLinkRequest,
    RichMenuRequest,
    RichMenuSize,
    SetWebhookEndpointRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
    URIAction,
    ValidateMessageRequest,
)
from linebot.v3.oauth import ApiClient as OAuthClient
from linebot.v3.oauth import ChannelAccessToken
from linebot.v3.oauth import Configuration as OAuthConfiguration

from line_sim.server import make_fake_line, serve_in_thread

KEY = "123e4567-e89b-12d3-a456-426614174000"
BOX = {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "รับเรื่องแล้ว"}]}
HELLO = [TextMessage(text="สวัสดี")]


@pytest.fixture
def running(fake):
    with serve_in_thread(fake) as server:
        yield server


@pytest.fixture
def library(running):
    with ApiClient(Configuration(host=running.url, access_token="sim-citizen-token")) as client:
        yield client
        client.rest_client.pool_manager.clear()


@pytest.fixture
def line(library):
    return MessagingApi(library)


@pytest.fixture
def blob(library):
    return MessagingApiBlob(library)


@pytest.fixture
def menu_id(line, blob, drawing):
    made = line.create_rich_menu(menu())
    blob.set_rich_menu_image(made.rich_menu_id, drawing.png(), _headers={"Content-Type": "image/png"})
    return made.rich_menu_id


def menu():
    bounds = RichMenuBounds(x=0, y=0, width=1200, height=405)
    area = RichMenuArea(bounds=bounds, action=URIAction(label="โทร", uri="tel:199"))
    size = RichMenuSize(width=1200, height=405)
    return RichMenuRequest(size=size, selected=True, name="citizen", chat_bar_text="เมนู", areas=[area])


def test_it_pushes_texts_and_cards_once_for_each_key(line, state, malee):
    card = FlexMessage(alt_text="เรื่อง", contents=FlexContainer.from_dict({"type": "bubble", "body": BOX}))
    sent = line.push_message(PushMessageRequest(to=malee, messages=[*HELLO, card]), x_line_retry_key=KEY)
    assert [one.id for one in sent.sent_messages] == list(state.sendings[0].sent_ids)
    with pytest.raises(ApiException) as caught:
        line.push_message(PushMessageRequest(to=malee, messages=[*HELLO, card]), x_line_retry_key=KEY)
    assert caught.value.status == 409
    assert caught.value.headers["x-line-accepted-request-id"] == state.sendings[0].request_id
    assert [one["type"] for one in state.messages_of("citizen", malee)] == ["text", "flex"]


def test_it_replies_once_with_quick_replies(line, fake, state, malee):
    event = fake.hooks.text("citizen", malee, "แจ้งเรื่อง")
    quick = QuickReply(items=[QuickReplyItem(action=LocationAction(label="ส่งตำแหน่ง"))])
    request = ReplyMessageRequest(
        replyToken=event["replyToken"], messages=[TextMessage(text="อยู่ที่ไหนคะ", quickReply=quick)]
    )
    assert line.reply_message(request).sent_messages[0].id
    with pytest.raises(ApiException, match="Invalid reply token"):
        line.reply_message(request)
    assert state.used(state.channels["citizen"]) == 0


def test_it_multicasts_and_counts_people(line, state, malee):
    somsak = state.add_user("somsak", "สมศักดิ์", ["citizen"]).user_id
    state.block("citizen", somsak)
    line.multicast(MulticastRequest(to=[malee, somsak], messages=HELLO), x_line_retry_key=KEY)
    assert len(state.messages_of("citizen", malee)) == 1
    assert state.messages_of("citizen", somsak) == []
    assert line.get_message_quota_consumption().total_usage == 1


def test_it_validates_without_sending(line, state):
    line.validate_push(ValidateMessageRequest(messages=HELLO))
    with pytest.raises(ApiException) as caught:
        line.validate_reply(ValidateMessageRequest(messages=[TextMessage(text=" ")]))
    assert json.loads(caught.value.body)["details"][0]["property"] == "messages[0].text"
    assert state.sendings == []


def test_it_asks_for_quota_and_the_counts_of_a_day(line, state, now, malee):
    assert line.get_message_quota().type.value == "none"
    state.channels["citizen"].quota_limit = 300
    assert line.get_message_quota().value == 300
    line.push_message(PushMessageRequest(to=malee, messages=HELLO))
    assert line.get_number_of_sent_push_messages("20260921").status == "unready"
    now[0] += 2 * 24 * 3600
    counted = line.get_number_of_sent_push_messages("20260921")
    assert (counted.status, counted.success) == ("ready", 1)
    assert line.get_number_of_sent_reply_messages("20260921").success == 0


def test_it_lays_a_rich_menu(line, blob, state, drawing, malee, menu_id):
    assert blob.get_rich_menu_image(menu_id) == drawing.png()
    assert line.get_rich_menu_list().richmenus[0].rich_menu_id == menu_id
    line.validate_rich_menu_object(menu())
    line.set_default_rich_menu(menu_id)
    assert line.get_default_rich_menu_id().rich_menu_id == menu_id
    assert state.menu_of("citizen", malee).id == menu_id
    line.cancel_default_rich_menu()
    assert state.menu_of("citizen", malee) is None
    line.link_rich_menu_id_to_user(malee, menu_id)
    assert line.get_rich_menu_id_of_user(malee).rich_menu_id == menu_id
    line.unlink_rich_menu_id_from_user(malee)
    line.link_rich_menu_id_to_users(RichMenuBulkLinkRequest(rich_menu_id=menu_id, user_ids=[malee]))
    assert state.menu_of("citizen", malee).body["chatBarText"] == "เมนู"
    line.delete_rich_menu(menu_id)
    assert line.get_rich_menu_list().richmenus == []


def test_it_names_menus(line, menu_id):
    line.create_rich_menu_alias(CreateRichMenuAliasRequest(rich_menu_alias_id="tab-a", rich_menu_id=menu_id))
    assert line.get_rich_menu_alias("tab-a").rich_menu_id == menu_id
    assert len(line.get_rich_menu_alias_list().aliases) == 1
    line.delete_rich_menu_alias("tab-a")
    with pytest.raises(ApiException, match="richmenu alias not found"):
        line.get_rich_menu_alias("tab-a")


def test_it_fetches_what_people_send(line, blob, fake, malee):
    photo = fake.hooks.image("citizen", malee, b"\xff\xd8photo")["message"]["id"]
    assert bytes(blob.get_message_content(photo)) == b"\xff\xd8photo"
    assert bytes(blob.get_message_content_preview(photo)) == b"\xff\xd8photo"
    film = fake.hooks.video("citizen", malee, b"film")["message"]["id"]
    assert blob.get_message_content_transcoding_by_message_id(film).status == "succeeded"
    with pytest.raises(ApiException) as caught:
        blob.get_message_content_transcoding_by_message_id(photo)
    assert caught.value.status == 400
    fake.hooks.unsend("citizen", malee, photo)
    with pytest.raises(ApiException) as caught:
        blob.get_message_content(photo)
    assert caught.value.status == 410


def test_it_asks_about_people_and_the_account(line, state, malee):
    state.change_person(malee, language="en")
    state.channels["citizen"].chat_mode = "chat"
    assert line.get_profile(malee).language == "en"
    assert line.get_bot_info().chat_mode == "chat"
    assert line.issue_link_token(malee).link_token
    state.block("citizen", malee)
    with pytest.raises(ApiException) as caught:
        line.get_profile(malee)
    assert caught.value.status == 404


def test_it_shows_dots_and_marks_as_read(line, fake, state, malee):
    state.channels["citizen"].mark_as_read = "manual"
    message = fake.hooks.text("citizen", malee, "มีใครอยู่ไหม")["message"]
    line.show_loading_animation(ShowLoadingAnimationRequest(chatId=malee, loadingSeconds=10))
    assert state.is_loading("citizen", malee)
    assert not state.is_read("citizen", malee, state.clock())
    token = MarkMessagesAsReadByTokenRequest(mark_as_read_token=message["markAsReadToken"])
    line.mark_messages_as_read_by_token(token)
    assert state.is_read("citizen", malee, state.clock())
    line.push_message(PushMessageRequest(to=malee, messages=HELLO))
    assert not state.is_loading("citizen", malee)


def test_it_sets_and_tests_the_webhook(line, state, running):
    other = make_fake_line()
    with serve_in_thread(other) as app:
        address = f"{app.url}/v2/bot/message/push"
        line.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint=address))
        assert line.get_webhook_endpoint().endpoint == address
        refused = line.test_webhook_endpoint()
    assert (refused.success, refused.status_code, refused.reason) == (False, 401, "ERROR_STATUS_CODE")
    gone = line.test_webhook_endpoint(
        test_webhook_endpoint_request=messaging.TestWebhookEndpointRequest(endpoint="http://127.0.0.1:9/x")
    )
    assert (gone.success, gone.status_code, gone.reason) == (False, 0, "COULD_NOT_CONNECT")


def test_its_stateless_token_opens_the_channel(running, state, now, malee):
    with OAuthClient(OAuthConfiguration(host=running.url)) as client:
        channel = state.channels["citizen"]
        issued = ChannelAccessToken(client).issue_stateless_channel_token(
            grant_type="client_credentials", client_id=channel.channel_id, client_secret=channel.secret
        )
        client.rest_client.pool_manager.clear()
    assert issued.expires_in == 900
    assert state.channel_of_token(issued.access_token).key == "citizen"
    now[0] += 901
    assert state.channel_of_token(issued.access_token) is None


def test_twenty_threads_with_one_key_send_once(line, state, malee):
    request = PushMessageRequest(to=malee, messages=HELLO)

    def push(_number):
        try:
            line.push_message_with_http_info(request, x_line_retry_key=KEY)
        except ApiException as problem:
            return problem.status
        return 200

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(push, range(20)))
    assert statuses == [200] + [409] * 19
    assert len(state.sendings) == 1
