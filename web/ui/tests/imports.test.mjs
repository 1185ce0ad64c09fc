// What is brought in from elsewhere, and the jobs that apply plans.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await muster.connector({ slug: 'acme-okta' });
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

const users = async (userName) => (await muster.api('GET', `/directories/main/users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)).items;

// choose opens the form and chooses a file.
async function choose(page, name, text) {
  await page.getByRole('button', { name: 'Import a file' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import a file' });
  await dialog.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  return dialog;
}

test('a file is checked, its columns named, looked at row by row, and applied', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { as: 'owner' });
  await go('/imports');
  await page.getByText('No import').waitFor();
  const dialog = await choose(page, 'users.csv', 'userName,email,Rank\nada@acme.example,ada@acme.example,Countess\n,,Baroness\n');
  await dialog.getByText('Columns (3)').click();
  await dialog.getByLabel('Rank').fill('title');
  await good('the form');
  await dialog.getByRole('button', { name: 'Check it' }).click();
  await page.getByText('Nothing is done yet', { exact: true }).waitFor();
  await settled();
  assert.equal((await users('ada@acme.example')).length, 0);
  await page.getByRole('row', { name: /ada@acme\.example/ }).getByText('Made').waitFor();
  await good('the plan');

  await page.getByLabel('Result').selectOption('problem');
  await page.waitForURL(/result=problem/);
  await page.getByRole('row', { name: /Cannot be used/ }).waitFor();
  await page.getByRole('row', { name: /ada@acme\.example/ }).waitFor({ state: 'detached' });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as CSV' }).click()]);
  const csv = readFileSync(await download.path(), 'utf8');
  assert.match(csv, /Baroness/);
  assert.doesNotMatch(csv, /ada@acme/);

  await page.getByRole('button', { name: 'Apply it' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  await good('the result');
  const [ada] = await users('ada@acme.example');
  assert.equal(ada.title, 'Countess');
  assert.equal(await page.getByRole('button', { name: 'Apply it' }).count(), 0);
  await close();
});

test('a file that cannot be read is refused, and what was chosen stays', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { expected: [422] });
  await go('/imports');
  const dialog = await choose(page, 'odd.csv', 'userName,Shoe size\nx@acme.example,43\n');
  await dialog.getByRole('button', { name: 'Check it' }).click();
  await dialog.getByText('fileUnreadable').first().waitFor();
  await good('the refusal');
  await dialog.getByText('Columns (2)').click();
  await dialog.getByLabel('Shoe size').fill('-');
  await dialog.getByRole('button', { name: 'Check it' }).click();
  await page.getByText('Nothing is done yet', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Cancel this import' }).click();
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await page.getByText('Nothing was done.').waitFor();
  await good('the cancelled import');
  assert.equal((await users('x@acme.example')).length, 0);
  await close();
});

test('a server inside is refused, and its credential is nowhere afterwards', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { expected: [422] });
  await go('/imports');
  await page.getByRole('button', { name: 'Read a SCIM server' }).click();
  await page.getByLabel('Base URL').fill('https://127.0.0.1/scim/v2');
  await page.getByRole('textbox', { name: 'Token' }).fill('a-token-of-theirs');
  await page.getByRole('button', { name: 'Read and check' }).click();
  await page.getByRole('alert').waitFor();
  await good('the refusal');
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.ok(!(await page.evaluate(() => document.documentElement.outerHTML + location.href + JSON.stringify(sessionStorage) + JSON.stringify(localStorage))).includes('a-token-of-theirs'));
  await close();
});

test('who may only read is told so, and sees imports', async () => {
  const sent = await fetch(`${muster.url}/api/v1/directories/main/imports?format=csv&name=theirs.csv`, { method: 'POST', headers: { Authorization: `Bearer ${muster.token}`, 'Content-Type': 'text/csv' }, body: 'userName\ngrace@acme.example\n' });
  assert.equal(sent.status, 201);
  const { page, go, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/imports');
  await page.getByText('This takes the role rule editor, and yours is viewer.').waitFor();
  await page.getByRole('link', { name: 'theirs.csv' }).click();
  await page.getByRole('heading', { name: 'Row by row' }).waitFor();
  await good('an import, to a viewer');
  assert.equal(await page.getByRole('button', { name: /Apply|Cancel/ }).count(), 0);
  await close();
});

test('jobs are listed with their progress and lead to their page', async () => {
  const { token } = await muster.connector({ slug: 'busy', mode: 'live' });
  for (const name of ['ada', 'grace', 'mary']) await muster.scim('busy', token, 'POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${name}@busy.example`, active: true });
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/jobs');
  await page.getByText('No job').waitFor();
  const { id, hash } = await muster.api('POST', '/connectors/busy/plans', { rules: { mapping: { steps: [{ target: 'nickName', expression: 'record.userName' }] } } });
  await muster.api('POST', `/connectors/busy/plans/${id}/application`, { hash, comment: 'Ticket 17' });
  const row = page.getByRole('row', { name: /Ticket 17/ });
  await row.waitFor({ timeout: 20_000 }); // the list is read again by itself
  await row.getByText('Done', { exact: true }).waitFor();
  assert.match(await row.textContent(), /3 of 3 people/);
  await good('the jobs');
  await row.getByRole('link', { name: 'busy' }).click();
  await page.getByRole('heading', { name: 'Applying a plan' }).waitFor();
  await page.getByText(/^3 of 3 people were settled/).waitFor();
  await close();
});
