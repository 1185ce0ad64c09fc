// Rules on the scale of a large provider, and rules that cannot be used.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group'];
const many = 1_200;
let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  const made = await muster.connector({ slug: 'large', mode: 'live' });
  const names = Array.from({ length: many }, (_, i) => `${i % 3 === 0 ? 'jira' : 'team'}-${String(i).padStart(4, '0')}`);
  const send = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const answer = await muster.scim('large', made.token, 'POST', '/Groups', { schemas, displayName: name });
      assert.equal(answer.status, 201);
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('among more than a thousand groups the effect of an entry is counted, and each verdict is found', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/large/rules');
  await page.getByText(`of ${many} are shown.`).waitFor();
  await page.getByRole('button', { name: 'Add an entry to “Only these groups”' }).click();
  await page.getByLabel('How entry 1 of “Only these groups” compares').selectOption('startsWith');
  await page.getByLabel('Text of entry 1 of “Only these groups”').fill('jira-');
  await page.getByText(`${many / 3} groups, assigned`).waitFor();
  await page.getByText(`${many - many / 3} groups are judged otherwise than now.`).waitFor();
  await page.getByLabel('Find a group').fill('team-1199');
  await page.getByRole('row', { name: /team-1199.*Not assigned/ }).waitFor();
  await good('a verdict among many');
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await close();
});

test('a pattern that takes too long is said at its entry, and nothing can be planned with it', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/large/rules');
  await page.getByRole('button', { name: 'Add an entry to “Never these groups”' }).click();
  await page.getByLabel('How entry 1 of “Never these groups” compares').selectOption('matches');
  await page.getByLabel('Text of entry 1 of “Never these groups”').fill(String.raw`(.*)(.*)(.*)(.*)(.*)(.*)\1\2\3x`);
  await page.getByText(/^It takes too long/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Plan the change' }).isDisabled(), true);
  await good('an entry that takes too long');
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await close();
});
