// What can go wrong between an identity provider and Muster, as the setup page of a connector
// tells it, and that the secrets of it are nowhere afterwards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { until } from './harness/until.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('each mistake in a form of an identity provider has its own hint, read out, until a request comes through', async () => {
  const made = await muster.connector({ slug: 'amber' });
  const other = await muster.connector({ slug: 'other' });
  const { token: expired } = await muster.api('POST', '/connectors/amber/credentials', { name: 'short', expiresAt: new Date(Date.now() + 2_000).toISOString() });
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/amber/setup');
  await page.getByText('Waiting for the first request').waitFor();
  await page.getByRole('link', { name: 'Credentials', exact: true }).focus();
  const light = page.getByRole('region', { name: 'Connection' });
  const foreign = `${made.token.slice(0, -4)}zzzz`;
  const mistakes = [
    ['', '/Users', 'Requests come without a credential.'],
    [foreign, '/Users', "The token is not one of this deployment's."],
    [other.token, '/Users', 'The credential belongs to another connector.'],
    [made.token, '/scim/amber/v2/Users', 'The base URL comes twice, or a part of it does.'],
    [made.token, '/People', 'Requests come to a path that there is nothing at.'],
  ];
  for (const [token, path, said] of mistakes) {
    await muster.scim('amber', token, 'GET', path);
    await light.locator('.note', { hasText: said }).first().waitFor();
    await page.locator('[role="status"]', { hasText: said }).waitFor();
  }
  await until(async () => (await muster.scim('amber', expired, 'GET', '/Users')).status === 401);
  await light.locator('.note', { hasText: 'The credential has expired.' }).first().waitFor();
  await good('every mistake');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Credentials', 'the focus stayed');
  const shown = await page.content();
  for (const token of [made.token, other.token, expired, foreign]) assert.ok(!shown.includes(token), 'a whole token is on the page');
  await muster.scim('amber', made.token, 'GET', '/Users?count=1');
  await light.locator('.state', { hasText: 'Connected' }).waitFor();
  await good('connected after all');
  await close();
});

test('a token that was shown is not in what the browser asked for afterwards, nor in the server’s log', async () => {
  const { page, go, settled, close } = await openPage(browser, muster);
  await go('/connect?kind=okta');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Okta shown once');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('Shown this once').waitFor();
  const token = await page.locator('[data-copy="token"]').innerText();
  const heard = [];
  page.on('response', async (response) => heard.push(response.url(), await response.text().catch(() => '')));
  await page.reload();
  await settled();
  for (const path of ['/connectors/okta-shown-once/credentials', '/activity', '/audit', '/connectors']) await go(path);
  assert.ok(heard.length > 10);
  assert.deepEqual(heard.filter((text) => text.includes(token)), []);
  assert.ok(!muster.log().includes(token), 'the log holds it');
  await close();
});
