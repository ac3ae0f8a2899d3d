// The judges in JavaScript: one for each scheme and package.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { add, serve } from './judge.mjs';

// The packages are below target/, not beside this file.
const FOLDER = process.argv[2];
const require = createRequire(pathToFileURL(`${FOLDER}/`));
const load = (name) => import(pathToFileURL(require.resolve(name)));

const BASE64_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

add('github', '@octokit/webhooks-methods', {}, async ({ text, headers, secret }) => {
  // It has no entry for `require`.
  const { verify } = await import(pathToFileURL(`${FOLDER}/node_modules/@octokit/webhooks-methods/dist-node/index.js`));
  return verify(secret, text, headers['x-hub-signature-256']);
});

const shopify = (secret) => {
  require('@shopify/shopify-api/adapters/node');
  const { ApiVersion, shopifyApi } = require('@shopify/shopify-api');
  return shopifyApi({
    apiKey: 'none', apiSecretKey: secret, hostName: 'example.com', isEmbeddedApp: false, apiVersion: ApiVersion.July25,
    logger: { level: 0 },
  });
};
const SHOPIFY = {
  'X-Shopify-Topic': 'orders/create', 'X-Shopify-Shop-Domain': 'a.myshopify.com', 'X-Shopify-Api-Version': '2026-10',
  'X-Shopify-Webhook-Id': 'w-1',
};
add('shopify', '@shopify/shopify-api', { headers: Object.entries(SHOPIFY) }, async (request) => {
  const rawRequest = { method: 'POST', url: '/', headers: request.headers };
  const found = await shopify(request.secret).webhooks.validate({ rawBody: request.text, rawRequest });
  if (!found.valid) throw new Error(found.reason);
  return true;
});
add('shopify-app-proxy', '@shopify/shopify-api',
  {
    method: 'GET', body: '', changed: 'URL',
    url: 'https://example.com/proxy?shop=a.myshopify.com&path_prefix=%2Fapps%2Fmark-0&timestamp=NOW',
  },
  ({ query, secret }) => shopify(secret).utils.validateHmac(query, { signator: 'appProxy' }));

add('linear', '@linear/sdk', { body: '{"type":"Issue","webhookTimestamp":NOW_MS,"data":{"title":"mark-0 é☃"}}' },
  async ({ body, headers, secret }) => {
    const { LinearWebhookClient } = await load('@linear/sdk/webhooks');
    return new LinearWebhookClient(secret).verify(body, headers['linear-signature'], JSON.parse(body).webhookTimestamp);
  });

add('contentful', '@contentful/node-apps-toolkit',
  {
    secret: 'a'.repeat(64), url: 'https://example.com/hooks?a=1&b=%C3%A9%20x',
    headers: [['X-Contentful-Topic', 'Entry.publish']],
  },
  ({ method, url, headers, text, secret }) => {
    const { verifyRequest } = require('@contentful/node-apps-toolkit');
    return verifyRequest(secret, { method, path: url.slice(url.indexOf('/', 8)), headers, body: text });
  });

add('mux', '@mux/mux-node', {}, async ({ text, headers, secret }) => {
  const { Mux } = require('@mux/mux-node');
  await new Mux({ tokenId: 'none', tokenSecret: 'none' }).webhooks.verifySignature(text, headers, secret);
  return true;
});

add('sanity', '@sanity/webhook', {}, ({ text, headers, secret }) => {
  const { isValidSignature } = require('@sanity/webhook');
  return isValidSignature(text, headers['sanity-webhook-signature'], secret);
});

add('webflow', 'webflow-api', {}, ({ text, headers, secret }) => {
  const { WebflowClient } = require('webflow-api');
  return new WebflowClient({ accessToken: 'none' }).webhooks.verifySignature({ headers, body: text, secret });
});

add('svix', '@clerk/backend', { secret: BASE64_SECRET }, async ({ url, method, headers, body, secret }) => {
  const { verifyWebhook } = require('@clerk/backend/webhooks');
  return verifyWebhook(new Request(url, { method, headers, body }), { signingSecret: secret });
});

add('notion', '@notionhq/client', {}, ({ body, headers, secret }) => {
  const { verifyWebhookSignature } = require('@notionhq/client');
  return verifyWebhookSignature({ body, signature: headers['x-notion-signature'], verificationToken: secret });
});

add('hookdeck', '@hookdeck/sdk', {}, async ({ text, headers, secret }) => {
  const { verifyWebhookSignature } = require('@hookdeck/sdk/webhooks/helpers');
  return (await verifyWebhookSignature({ headers, rawBody: text, signingSecret: secret })).isValidSignature;
});

add('slack', '@slack/bolt', {}, ({ text, headers, secret }) => {
  const { isValidSlackRequest } = require('@slack/bolt');
  return isValidSlackRequest({ signingSecret: secret, body: text, headers });
});

add('paddle', '@paddle/paddle-node-sdk', {}, ({ text, headers, secret }) => {
  const { Paddle } = require('@paddle/paddle-node-sdk');
  return new Paddle('none').webhooks.isSignatureValid(text, secret, headers['paddle-signature']);
});

add('adyen-standard-1', '@adyen/api-library',
  {
    secret: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    body: JSON.stringify({ notificationItems: [{ NotificationRequestItem: {
      pspReference: '7914073381342284', originalReference: '', merchantAccountCode: 'TestMerchant',
      merchantReference: 'a:b\\mark-0',
      amount: { value: 1130, currency: 'EUR' }, eventCode: 'AUTHORISATION', success: 'true',
      additionalData: { hmacSignature: '' },
    } }] }),
  },
  ({ text, secret }) => {
    const { hmacValidator: Validator } = require('@adyen/api-library');
    const item = JSON.parse(text).notificationItems[0].NotificationRequestItem;
    return new Validator().validateHMAC(item, secret);
  });

add('box', 'box-node-sdk', {}, ({ text, headers, secret }) => {
  const { WebhooksManager } = require('box-node-sdk/lib/managers/webhooks');
  return WebhooksManager.validateMessage(text, headers, secret);
});

add('zoom', '@zoom/rivet', { body: '{"event":"a.b","payload":{"note":"mark-0 é☃"}}' }, async ({ body, headers, secret }) => {
  // It takes requests with a server of its own.
  const { MeetingsS2SAuthClient, HttpReceiver } = require('@zoom/rivet/meetings');
  const receiver = new HttpReceiver({ webhooksSecretToken: secret, port: 0 });
  const client = new MeetingsS2SAuthClient({ clientId: 'none', clientSecret: 'none', accountId: 'none', receiver });
  const server = await client.start();
  try {
    const url = `http://127.0.0.1:${server.address().port}/zoom/events`;
    const answer = await fetch(url, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return true;
  } finally {
    await client.stop?.();
    server.close();
  }
});

await serve();
