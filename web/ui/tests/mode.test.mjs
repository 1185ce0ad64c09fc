// A connector goes live, and is retired, by plans that were read.
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

test('an observed connector goes live by its plan and is retired by another', async () => {
  const made = await muster.connector({ slug: 'fresh', mode: 'observe' });
  for (const name of ['ada', 'bob']) {
    await muster.scim('fresh', made.token, 'POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${name}@fresh.example`, active: true });
  }
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/fresh/mode');
  await page.getByRole('link', { name: 'Plan going live' }).click();
  await page.getByText('2 users created').waitFor();
  await good('the plan of going live');
  assert.equal((await muster.api('GET', '/directories/main/users')).items.length, 0);
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  assert.equal((await muster.api('GET', '/connectors/fresh')).mode, 'live');
  assert.equal((await muster.api('GET', '/directories/main/users')).items.length, 2);

  await page.getByRole('link', { name: 'Mode', exact: true }).click();
  await page.getByRole('radio', { name: 'Disable them' }).check();
  await good('the choice of an end');
  await page.getByRole('button', { name: 'Plan the retirement' }).click();
  await page.getByText('2 users disabled').waitFor();
  assert.equal((await muster.api('GET', '/connectors/fresh')).mode, 'live', 'planning changed nothing');
  await page.getByRole('textbox', { name: 'Why' }).fill('the company moved');
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  assert.deepEqual((await muster.api('GET', '/directories/main/users?status=disabled')).items.length, 2);
  await close();
});
