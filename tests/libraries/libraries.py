"""The judges in Python: one function for each scheme and package."""

import hashlib
import json
import warnings

from judge import case, serve

TEXT_SECRET = "whsec-a+b/c=d_0123456789"
BASE64_SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEX_SECRET = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
FORM = [["Content-Type", "application/x-www-form-urlencoded"]]


def held(nothing):
    """For libraries that say no with an exception, and yes with nothing at all."""
    return nothing is None


@case("stripe", "stripe", body='{"id":"evt_1","object":"event","type":"ping","data":{"object":{"note":"mark-0 é☃"}}}')
def _(request):
    import stripe

    return stripe.Webhook.construct_event(request.body, request["Stripe-Signature"], request.secret)


@case("svix", "svix", secret=f"whsec_{BASE64_SECRET}")
def _(request):
    import svix

    return held(svix.Webhook(request.secret).verify(request.body, request.headers._lower))


@case("svix", "resend", secret=f"whsec_{BASE64_SECRET}")
def _(request):
    import resend

    headers = {name: request[f"svix-{name}"] for name in ("id", "timestamp", "signature")}
    return resend.Webhooks.verify({"payload": request.text, "headers": headers, "webhook_secret": request.secret})


@case("standard-webhooks", "standardwebhooks", secret=f"whsec_{BASE64_SECRET}")
def _(request):
    import standardwebhooks

    return standardwebhooks.Webhook(request.secret).verify(request.body, request.headers._lower)


@case("standard-webhooks", "openai", secret=f"whsec_{BASE64_SECRET}")
def _(request):
    import openai

    client = openai.OpenAI(api_key="none", webhook_secret=request.secret)
    return held(client.webhooks.verify_signature(request.body, request.headers))


@case("standard-webhooks-utf8", "polar-sdk", secret="polar_whs_plain text")
def _(request):
    from polar.webhooks import validate_event

    return validate_event(request.body, request.headers, request.secret, frozenset({"ping"}), lambda event: event)


@case(
    "twilio-form",
    "twilio",
    headers=FORM,
    body="From=%2B1555&Body=mark-0+%C3%A9&SmsSid=SM1&Empty=",
    url="https://example.com/sms?a=1",
)
def _(request):
    from twilio.request_validator import RequestValidator

    return RequestValidator(request.secret).validate(request.url, request.form, request["X-Twilio-Signature"])


@case("twilio-json", "twilio", url="https://example.com/sms?a=1")
def _(request):
    from twilio.request_validator import RequestValidator

    return RequestValidator(request.secret).validate(request.url, request.text, request["X-Twilio-Signature"])


@case("slack", "slack-sdk")
def _(request):
    from slack_sdk.signature import SignatureVerifier

    return SignatureVerifier(request.secret).is_valid_request(request.body, request.headers)


@case("square", "squareup")
def _(request):
    from square.utils.webhooks_helper import verify_signature

    return verify_signature(
        request_body=request.text,
        signature_header=request["x-square-hmacsha256-signature"],
        signature_key=request.secret,
        notification_url=request.url,
    )


@case("razorpay", "razorpay")
def _(request):
    import razorpay

    client = razorpay.Client(auth=("none", "none"))
    return client.utility.verify_webhook_signature(request.text, request["X-Razorpay-Signature"], request.secret)


@case("gocardless", "gocardless_pro", body='{"events":[{"id":"EV1","note":"mark-0 é☃"}]}')
def _(request):
    from gocardless_pro import webhooks

    return webhooks.parse(request.body, request.secret, request["Webhook-Signature"])


@case("discord", "discord-interactions", key="ed25519", public="hex")
def _(request):
    from discord_interactions import verify_key

    return verify_key(request.body, request["X-Signature-Ed25519"], request["X-Signature-Timestamp"], request.secret)


@case("line", "line-bot-sdk")
def _(request):
    from linebot.v3.webhook import SignatureValidator

    return SignatureValidator(request.secret).validate(request.text, request["X-Line-Signature"])


@case("sendgrid", "sendgrid", key="p256", public="base64")
def _(request):
    from sendgrid.helpers.eventwebhook import EventWebhook

    name = "X-Twilio-Email-Event-Webhook-"
    return EventWebhook(request.secret).verify_signature(
        request.text, request[f"{name}Signature"], request[f"{name}Timestamp"]
    )


@case("mollie", "mollie-api-py")
def _(request):
    from mollie.utils.webhooks.signature_validator import SignatureValidator

    return SignatureValidator.validate(request.text, request.secret, request["X-Mollie-Signature"])


@case("workos", "workos")
def _(request):
    from workos import WorkOSClient

    client = WorkOSClient(api_key="none", client_id="none")
    return held(
        client.webhooks.verify_header(
            event_body=request.body, event_signature=request["WorkOS-Signature"], secret=request.secret
        )
    )


@case("paddle", "paddle-python-sdk")
def _(request):
    from paddle_billing.Notifications import Secret, Verifier

    return Verifier().verify(request, Secret(request.secret))


@case("elevenlabs", "elevenlabs")
def _(request):
    from elevenlabs import ElevenLabs

    client = ElevenLabs(api_key="none")
    return client.webhooks.construct_event(request.text, request["ElevenLabs-Signature"], request.secret)


def hubspot(request, version, header, timestamp=None):
    from hubspot.utils.signature import Signature

    return Signature.is_valid(
        request[header], request.secret, request.text, request.url, request.method, version, timestamp
    )


@case("hubspot-v1", "hubspot-api-client")
def _(request):
    return hubspot(request, "v1", "X-HubSpot-Signature")


@case("hubspot-v2", "hubspot-api-client", url="https://example.com/hooks?a=1")
def _(request):
    return hubspot(request, "v2", "X-HubSpot-Signature")


@case("hubspot-v3", "hubspot-api-client", url="https://example.com/hooks?a=1")
def _(request):
    return hubspot(request, "v3", "X-HubSpot-Signature-v3", request["X-HubSpot-Request-Timestamp"])


@case("orb", "orb-billing")
def _(request):
    from orb import Orb

    client = Orb(api_key="none", webhook_secret=request.secret)
    return held(client.webhooks.verify_signature(request.body, request.headers))


@case("finch", "finch-api", secret=BASE64_SECRET)
def _(request):
    from finch import Finch

    client = Finch(access_token="none", webhook_secret=request.secret)
    return held(client.webhooks.verify_signature(request.body, request.headers))


@case("modern-treasury", "modern-treasury")
def _(request):
    from modern_treasury import ModernTreasury

    client = ModernTreasury(api_key="none", organization_id="none", webhook_key=request.secret)
    return client.webhooks.validate_signature(request.text, request.headers)


ONFIDO = {
    "resource_type": "check",
    "action": "check.completed",
    "object": {
        "id": "mark-0",
        "status": "complete",
        "completed_at_iso8601": "2026-01-01T00:00:00Z",
        "href": "https://example.com/1",
    },
}


@case("onfido", "onfido-python", body=json.dumps({"payload": ONFIDO}))
def _(request):
    from onfido import WebhookEventVerifier

    return WebhookEventVerifier(request.secret).read_payload(request.text, request["X-SHA2-Signature"])


@case(
    "pusher", "pusher", headers=[["X-Pusher-Key", "key-1"]], body='{"time_ms":NOW_MS,"events":[{"name":"mark-0 é☃"}]}'
)
def _(request):
    import pusher

    client = pusher.Pusher(app_id="1", key="key-1", secret=request.secret)
    return client.validate_webhook(request["X-Pusher-Key"], request["X-Pusher-Signature"], request.text)


@case("telnyx", "telnyx", key="ed25519", public="base64")
def _(request):
    from telnyx import Telnyx

    client = Telnyx(api_key="none", public_key=request.secret)
    return client.webhooks.unwrap(request.text, headers=request.headers)


@case("easypost", "easypost", secret="caf\u00e9 \ufb01 secret")
def _(request):
    from easypost.util import validate_webhook

    return validate_webhook(request.body, request.headers, request.secret)


@case("coinbase-commerce", "coinbase-commerce", body='{"event":{"id":"1","type":"ping","note":"mark-0 é☃"}}')
def _(request):
    from coinbase_commerce.webhook import Webhook

    return Webhook.construct_event(request.text, request["X-CC-Webhook-Signature"], request.secret)


@case("messagebird-jwt", "messagebird", url="https://example.com/hooks?a=1")
def _(request):
    from messagebird.request_validator import RequestValidator

    validator = RequestValidator(request.secret)
    return validator.validate_signature(request["MessageBird-Signature-JWT"], request.url, request.body)


@case("messagebird-legacy", "messagebird", url="https://example.com/hooks?b=2&a=1", body='{"note":"mark-0"}')
def _(request):
    from messagebird.signed_request import SignedRequest

    signature, timestamp = request["MessageBird-Signature"], request["MessageBird-Request-Timestamp"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SignedRequest(signature, timestamp, request.text, request.query).verify(request.secret)


@case("plivo-v2", "plivo", headers=FORM, body="a=1", url="https://example.com/mark-0", changed="URL")
def _(request):
    from plivo.utils import validate_signature

    nonce, signature = request["X-Plivo-Signature-V2-Nonce"], request["X-Plivo-Signature-V2"]
    return validate_signature(request.url, nonce, signature, request.secret)


@case("plivo-v3", "plivo", headers=FORM, body="To=1555&From=mark-0", url="https://example.com/hooks?b=2&a=1")
def _(request):
    from plivo.utils.signature_v3 import validate_v3_signature

    nonce, signature = request["X-Plivo-Signature-V3-Nonce"], request["X-Plivo-Signature-V3"]
    return validate_v3_signature(request.method, request.url, nonce, request.secret, signature, request.form)


XML = "PG5vdGlmaWNhdGlvbj48a2luZD5jaGVjazwva2luZD48c3ViamVjdD48Y2hlY2s+MTwvY2hlY2s+PC9zdWJqZWN0Pjwvbm90aWZpY2F0aW9uPg=="


@case("braintree", "braintree", headers=FORM, form={"bt_payload": XML}, id="public-1", change=["PG5v", "PG5w"])
def _(request):
    import braintree

    gateway = braintree.BraintreeGateway(
        braintree.Configuration(braintree.Environment.Sandbox, "merchant-1", "public-1", request.secret)
    )
    return gateway.webhook_notification.parse(request.form["bt_signature"], request.form["bt_payload"])


def cloudinary(request, algorithm):
    import cloudinary
    from cloudinary.utils import verify_notification_signature

    cloudinary.config(api_secret=request.secret)
    return verify_notification_signature(
        request.text, request["X-Cld-Timestamp"], request["X-Cld-Signature"], algorithm=algorithm
    )


@case("cloudinary", "cloudinary")
def _(request):
    return cloudinary(request, "sha1")


@case("cloudinary-sha256", "cloudinary")
def _(request):
    return cloudinary(request, "sha256")


@case("hook0", "hook0-client", headers=[["X-Event-Id", "1"], ["X-Event-Type", "a.b.c"]])
def _(request):
    from hook0 import verify_webhook_signature

    return verify_webhook_signature(request["X-Hook0-Signature"], request.body, request.headers, request.secret, 300)


@case("hook0-v0", "hook0-client")
def _(request):
    from hook0 import verify_webhook_signature

    return verify_webhook_signature(request["X-Hook0-Signature"], request.body, request.headers, request.secret, 300)


LARK = '{"schema":"2.0","header":{"event_type":"mine","token":"token-1"},"event":{"note":"mark-0 é☃"}}'


@case("lark", "lark-oapi", body=LARK)
def _(request):
    import lark_oapi
    from lark_oapi.core.model import RawRequest

    raw = RawRequest()
    raw.uri, raw.headers, raw.body = request.url, request.headers, request.body
    builder = lark_oapi.EventDispatcherHandler.builder(request.secret, "token-1")
    handler = builder.register_p2_customized_event("mine", lambda event: None).build()
    answer = handler.do(raw)
    if answer.status_code != 200:
        raise ValueError(answer.content.decode())
    return True


@case("retell", "retell-sdk")
def _(request):
    from retell.lib.webhook_auth import verify

    return verify(request.text, request.secret, request["X-Retell-Signature"])


@case("smartcar", "smartcar")
def _(request):
    import smartcar

    return smartcar.verify_payload(request.secret, request["SC-Signature"], request.text)


@case("vonage-jwt", "vonage-jwt")
def _(request):
    import jwt
    from vonage_jwt import verify_signature

    # The library looks at the token alone; the document has the receiver compare the hash of the body.
    token = request["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    return (
        verify_signature(token, request.secret) and claims["payload_hash"] == hashlib.sha256(request.body).hexdigest()
    )


def vonage(request, method):
    from vonage_http_client import Auth

    auth = Auth(api_key="none", signature_secret=request.secret, signature_method=method)
    return auth.check_signature(request.query)


VONAGE = {
    "method": "GET",
    "body": "",
    "url": "https://example.com/sms?text=mark-0+a%26b%3Dc&msisdn=1555&timestamp=NOW",
    "changed": "URL",
}


@case("vonage-md5", "vonage-http-client", **VONAGE)
def _(request):
    return vonage(request, "md5")


@case("vonage-sha1", "vonage-http-client", **VONAGE)
def _(request):
    return vonage(request, "sha1")


@case("vonage-sha256", "vonage-http-client", **VONAGE)
def _(request):
    return vonage(request, "sha256")


@case("vonage-sha512", "vonage-http-client", **VONAGE)
def _(request):
    return vonage(request, "sha512")


@case("box", "box-sdk-gen")
def _(request):
    from box_sdk_gen.managers.webhooks import WebhooksManager

    return WebhooksManager.validate_message(request.text, request.headers, request.secret)


@case(
    "mercadopago",
    "mercadopago",
    headers=[["x-request-id", "req-1"]],
    url="https://example.com/hooks?data.id=mark-0&type=payment",
    changed="URL",
)
def _(request):
    from mercadopago.webhook.validator import WebhookSignatureValidator

    return held(
        WebhookSignatureValidator.validate(
            request["X-Signature"], request["x-request-id"], request.query["data.id"], request.secret
        )
    )


ADYEN = {
    "pspReference": "7914073381342284",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "mark-0",
    "amount": {"value": 1130, "currency": "EUR"},
    "eventCode": "AUTHORISATION",
    "success": "true",
    "additionalData": {"hmacSignature": ""},
}


@case(
    "adyen-standard-1",
    "Adyen",
    secret=HEX_SECRET,
    body=json.dumps({"notificationItems": [{"NotificationRequestItem": ADYEN}]}),
)
def _(request):
    from Adyen.util import is_valid_hmac_notification

    return is_valid_hmac_notification(request.json, request.secret)


@case("adyen-header", "Adyen", secret=HEX_SECRET)
def _(request):
    from Adyen.util import is_valid_hmac_payload

    return is_valid_hmac_payload(request["HmacSignature"], request.secret, request.body)


DROPBOX = (
    '{"event":{"event_time":"1348177752","event_type":"signature_request_sent","event_hash":"","event_metadata":{}}}'
)


@case("dropbox-sign", "dropbox-sign", headers=FORM, form={"json": DROPBOX}, change=["request_sent", "request_semt"])
def _(request):
    from types import SimpleNamespace

    from dropbox_sign import EventCallbackHelper

    event = SimpleNamespace(**json.loads(request.form["json"])["event"])
    return EventCallbackHelper.is_valid(request.secret, SimpleNamespace(event=event))


@case(
    "alipay",
    "alipay-sdk-python",
    key="rsa",
    public="base64",
    headers=FORM,
    body="app_id=1&subject=mark-0+%C3%A9&total=1",
)
def _(request):
    from alipay.aop.api.util.SignatureUtils import get_sign_content, verify_with_rsa

    parameters = {name: value for name, value in request.form.items() if name not in ("sign", "sign_type")}
    return verify_with_rsa(request.secret, get_sign_content(parameters).encode(), request.form["sign"])


if __name__ == "__main__":
    serve()
