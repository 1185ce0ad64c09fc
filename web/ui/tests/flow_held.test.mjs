// An identity provider takes away far too many: it is answered as always, what it adds goes on,
// what it takes away waits, over a restart too, until somebody decides.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('of a company of fifty twenty leave at once: the rest of them waits on every page, over a restart, and is applied', async () => {
  const made = await muster.connector({ slug: 'okta-eu', name: 'Okta EU', mode: 'live', rules: { safety: { window: '1h', losses: 5, membershipLosses: 5, share: 0, off: false } } });
  const send = (method, path, body) => muster.scim('okta-eu', made.token, method, path, body);
  const ids = [];
  for (let i = 0; i < 50; i++) ids.push((await (await send('POST', '/Users', { schemas, userName: `u${i}@held.example`, active: true })).json()).id);
  for (const id of ids.slice(0, 20)) {
    assert.equal((await send('DELETE', `/Users/${id}`)).status, 204);
    assert.equal((await send('GET', `/Users/${id}`)).status, 404, 'the identity provider reads what it wrote');
  }
  assert.equal((await send('POST', '/Users', { schemas, userName: 'new@held.example', active: true })).status, 201);
  const active = async () => (await muster.api('GET', '/directories/main/users?status=active&limit=100')).items.map((u) => u.userName);
  const held = (await muster.api('GET', '/connectors/okta-eu/holds')).counts.users;
  assert.ok(held > 0 && held < 20, `${held} are held`);
  assert.equal((await active()).length, 51 - (20 - held));
  assert.ok((await active()).includes('new@held.example'), 'what is added goes on');

  const { page, go, settled, good, close } = await openPage(browser, muster);
  await muster.halt();
  await muster.resume();
  for (const path of ['/', '/connectors', '/users', '/audit', '/settings/about']) {
    await go(path);
    await page.getByRole('alert').filter({ hasText: 'Changes of okta-eu are held' }).waitFor();
  }
  await good('the banner after a restart');
  await page.getByRole('link', { name: 'Review what is held' }).click();
  await page.getByRole('row', { name: /held\.example/ }).first().waitFor();
  await settled();
  await page.getByRole('button', { name: `Apply all ${held}` }).click();
  await page.getByLabel(`Type ${held} to confirm`).fill(String(held));
  await page.getByRole('textbox', { name: 'Why' }).fill('the office closed');
  await page.getByRole('dialog').getByRole('button', { name: `Apply ${held}` }).click();
  await page.getByText('Nothing is held', { exact: true }).waitFor();
  assert.equal((await active()).length, 31);
  await go('/');
  assert.equal(await page.getByText('Changes of okta-eu are held').count(), 0);
  await go('/audit');
  const event = page.locator('details', { hasText: 'the office closed' }).first();
  await event.locator('summary').click();
  await event.getByText('the office closed').waitFor();
  await good('the decision in the audit');
  await close();
});
