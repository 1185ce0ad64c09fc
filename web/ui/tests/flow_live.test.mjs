// Two hundred people arrive while nothing is applied, and going live does to each exactly what its
// plan said.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// all reads every page of a list.
async function all(path) {
  const items = [];
  for (let cursor = ''; ;) {
    const page = await muster.api('GET', `${path}${path.includes('?') ? '&' : '?'}limit=500${cursor}`);
    items.push(...page.items);
    if (!page.next) return items;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

test('a company of two hundred is observed, planned, and live with everybody that was planned', async () => {
  await muster.connector({ slug: 'big-okta', mode: 'observe' });
  await muster.run('simulate', '--idp', 'okta', '--connector', 'big-okta', '--tenant', 'acme', '--users', '200', '--groups', '8', '--no-day');
  assert.equal((await all('/directories/main/users')).length, 0, 'observing changes nothing');
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/');
  await page.getByRole('link', { name: /^See what going live with/ }).click();
  await page.getByRole('heading', { name: 'Plan: Going live' }).waitFor();
  await page.getByText('200 users created').waitFor();
  await settled();
  const [, added] = /(\d+) memberships added/.exec(await page.getByRole('list', { name: 'The plan in numbers' }).innerText());
  await good('the plan of going live');
  assert.equal((await all('/directories/main/users')).length, 0, 'a plan changes nothing');
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Done', { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByText('200 of 200 people were settled').waitFor();
  await good('the job');
  assert.equal((await all('/directories/main/users')).length, 200);
  const groups = await all('/directories/main/groups');
  let memberships = 0;
  for (const group of groups) memberships += (await all(`/directories/main/groups/${group.id}/members`)).length;
  assert.equal(memberships, Number(added), 'as many memberships as the plan said');
  assert.equal((await muster.api('GET', '/connectors/big-okta')).mode, 'live');
  await close();
});
