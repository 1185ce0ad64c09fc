// What a connector may not take away unasked is held: seen from every page, and decided on one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// hold makes a connector that wants to disable six users and may disable one. It returns how many are held.
async function hold(slug) {
  const made = await muster.connector({ slug, mode: 'live', rules: { safety: { window: '1h', losses: 1, membershipLosses: 1, share: 0, off: false } } });
  for (let i = 0; i < 8; i++) {
    const user = await (await muster.scim(slug, made.token, 'POST', '/Users', { schemas: [userSchema], userName: `${slug}${i}@held.example`, active: true })).json();
    if (i < 6) await muster.scim(slug, made.token, 'DELETE', `/Users/${user.id}`);
  }
  return (await muster.api('GET', `/connectors/${slug}/holds`)).counts.users;
}

test('what is held stands on top of every page and is decided one by one, then all at once', async () => {
  const held = await hold('many');
  assert.ok(held > 2, `${held} are held`);
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors');
  await page.getByText('Changes of many are held').waitFor();
  await good('the list with the banner');
  await page.getByRole('link', { name: 'Review what is held' }).click();
  await page.getByRole('heading', { name: 'Held changes' }).waitFor();
  await settled();
  await good('what is held');
  for (const look of [{ theme: 'dark', width: 1280 }, { theme: 'dark', width: 320 }, { theme: 'light', width: 320 }]) {
    const other = await openPage(browser, muster, look);
    await other.go('/connectors/many/holds');
    await other.good(`what is held, ${look.theme} at ${look.width} px`);
    await other.go('/connectors');
    await other.good(`the banner, ${look.theme} at ${look.width} px`);
    await other.close();
  }
  await page.getByRole('checkbox').first().check();
  await page.getByRole('button', { name: 'Discard the 1 picked' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave them held' }).waitFor();
  await good('the question about one');
  await page.getByRole('dialog').getByRole('button', { name: 'Discard 1' }).click();
  await page.getByRole('button', { name: `Apply all ${held - 1}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: `Apply ${held - 1}` }).click();
  await page.getByText(`This is not ${held - 1}.`).waitFor();
  await page.getByLabel(`Type ${held - 1} to confirm`).fill(String(held - 1));
  await page.getByRole('dialog').getByRole('button', { name: `Apply ${held - 1}` }).click();
  await page.getByText('Nothing is held', { exact: true }).waitFor();
  await good('nothing held');
  const users = (await muster.api('GET', '/directories/main/users?limit=100')).items.filter((u) => u.status === 'active' || u.active === true);
  assert.equal(users.length, 3, 'two who were not deleted, and the one whose end was discarded');
  await close();
});
