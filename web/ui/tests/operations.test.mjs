// The settings of the deployment: webhooks, consumers, directories, tenants, logging.
import assert from 'node:assert/strict';
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

// kept is what of a secret the page would still hold.
const kept = (page, secret) => page.evaluate((s) => (document.documentElement.outerHTML + location.href + JSON.stringify(sessionStorage) + JSON.stringify(localStorage)).includes(s), secret);

test('a webhook is made, its secret shown once and exchanged, tested, changed and ended', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/settings/webhooks');
  await page.getByRole('button', { name: 'Make a webhook' }).click();
  const make = page.getByRole('dialog', { name: 'Make a webhook' });
  await make.getByLabel('Address').fill('https://receiver.invalid/secret-path');
  await make.getByLabel('Description').fill('Ticketing');
  await make.getByLabel('Told of').selectOption('some');
  await make.getByRole('button', { name: 'Make it' }).click();
  await make.getByText('Choose at least one type.').waitFor();
  await make.getByLabel('Users').check();
  await make.getByLabel('Single types').fill('membership.removed');
  await good('the form');
  await make.getByRole('button', { name: 'Make it' }).click();
  const first = await page.locator('[data-copy="secret"]').textContent();
  assert.match(first, /^whsec_/);
  await settled();
  await good('the secret');
  const [webhook] = (await muster.api('GET', '/webhooks')).items;
  assert.deepEqual(webhook.types, ['user.*', 'membership.removed']);

  await page.getByRole('link', { name: 'Ticketing' }).click();
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  assert.equal(await kept(page, first), false);
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText('Not taken', { exact: true }).first().waitFor();
  await good('the test');
  await page.getByRole('button', { name: 'Exchange the secret' }).click();
  await page.getByRole('button', { name: 'Exchange it' }).click();
  assert.notEqual(await page.locator('[data-copy="secret"]').textContent(), first);
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByLabel('Told of').selectOption('all');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual((await muster.api('GET', `/webhooks/${webhook.id}`)).types, []);
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('button', { name: 'Enable' }).waitFor();
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await good('the end');
  await page.getByRole('button', { name: 'End it', exact: true }).click();
  await page.getByText('No webhook').waitFor();
  await close();
});

test('deliveries say why they were not taken, and are sent again', async () => {
  const { id } = await muster.api('POST', '/webhooks', { url: 'https://receiver.invalid/', description: 'Away' });
  await muster.api('POST', '/directories/main/users', { userName: 'ada@acme.example' });
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/settings/webhooks/${id}`);
  const row = page.getByRole('row', { name: /user\.created/ });
  await row.getByText('Waits').waitFor({ timeout: 20_000 });
  await row.getByRole('button', { name: /^Send again/ }).click();
  await page.getByText('It is sent again.').waitFor();
  await good('the deliveries');
  await page.getByLabel('State').selectOption('delivered');
  await page.getByText('None is like this').waitFor();
  await close();
  const viewer = await openPage(browser, muster, { as: 'viewer' });
  await viewer.go(`/settings/webhooks/${id}`);
  await viewer.page.getByText('This takes the role owner, and yours is viewer.').waitFor();
  assert.equal(await viewer.page.getByRole('button', { name: /again|End|Disable/ }).count(), 0);
  await viewer.close();
});

test('an application is let in, sees less, gets another token, and is shut out', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/settings/consumers');
  await page.getByRole('button', { name: 'Let an application in' }).click();
  const make = page.getByRole('dialog', { name: 'Let an application in' });
  await make.getByLabel('Name').fill('Jira');
  await make.getByLabel('Attributes of users').fill('userName, emails');
  await good('the form');
  await make.getByRole('button', { name: 'Let it in' }).click();
  const token = await page.locator('[data-copy="token"]').textContent();
  const url = await page.locator('[data-copy="base URL"]').textContent();
  const read = async (secret) => (await fetch(`${muster.url}${new URL(url).pathname}/Users`, { headers: { Authorization: `Bearer ${secret}` } })).status;
  assert.equal(await read(token), 200);
  await settled();
  await good('the token');
  await page.getByRole('link', { name: 'Jira' }).click();
  await page.getByRole('heading', { name: 'What it may see' }).waitFor();
  assert.equal(await kept(page, token), false);
  await page.getByRole('button', { name: 'Add an entry to “Groups”' }).click();
  await page.keyboard.type('jira-users');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved what it may see.').waitFor();
  const [jira] = (await muster.api('GET', '/directories/main/consumers')).items;
  assert.equal(jira.groups.length, 1);
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.getByRole('button', { name: 'Make it' }).click();
  const second = await page.locator('[data-copy="token"]').textContent();
  assert.equal(await read(second), 200);
  await page.getByRole('button', { name: `End the token ending in ${token.slice(-4)}` }).click();
  await page.getByRole('button', { name: 'End it', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await settled();
  await good('the consumer');
  await page.getByRole('button', { name: 'End its access' }).click();
  await page.getByRole('button', { name: 'End it', exact: true }).click();
  await page.getByText('No consumer').waitFor();
  await close();
});

test('a directory is made, its settings changed, removed by its name, and restored', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/settings/directories');
  await page.getByRole('button', { name: 'Make a directory' }).click();
  await page.getByLabel('Name').fill('staging');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('link', { name: 'staging' }).click();
  await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
  await page.getByLabel('A user is active when').selectOption('owner');
  await page.getByRole('button', { name: 'Add an entry to “Protected users”' }).click();
  await page.keyboard.type('root@acme.example');
  await page.getByText('There is no plan for this').waitFor();
  await good('the settings');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved the settings of staging.').waitFor();
  await settled();
  const staging = await muster.api('GET', '/directories/staging');
  assert.equal(staging.activeWhen, 'owner');
  assert.equal(staging.protectedUsers.length, 1);

  await page.getByRole('button', { name: 'Remove this directory' }).click();
  await page.getByText('0 users, 0 groups and 0 memberships go').waitFor();
  await page.getByLabel('Type staging to remove it').fill('stagin');
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByText('This is not its name.').waitFor();
  await good('the removal');
  await page.getByLabel('Type staging to remove it').fill('staging');
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByRole('button', { name: 'Restore it' }).click();
  await page.getByRole('button', { name: 'Remove this directory' }).waitFor();
  await close();
});

test('what is in the way of a removal is named', async () => {
  await muster.api('POST', '/directories', { name: 'busy' });
  await muster.connector({ slug: 'busy-okta', directory: 'busy', mode: 'live' });
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/settings/directories/busy');
  await page.getByRole('button', { name: 'Remove this directory' }).click();
  await page.getByText('Disable these first').waitFor();
  await good('what is in the way');
  assert.equal(await page.getByRole('button', { name: 'Remove it' }).count(), 0);
  await close();
});

test('a tenant is made and deleted, and one with connectors stays', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/settings/tenants');
  await page.getByRole('row', { name: /acme-okta/ }).getByText('has connectors').waitFor();
  await page.getByRole('button', { name: 'Make a tenant' }).click();
  await page.getByLabel('Name').fill('Globex');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Delete Globex' }).click();
  await good('the question');
  await page.getByRole('button', { name: 'Delete it' }).click();
  await page.getByRole('row', { name: /Globex/ }).waitFor({ state: 'detached' });
  await close();
});

test('what is logged changes for a while, and ends by hand', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/settings/logging');
  await page.getByLabel('Of', { exact: true }).selectOption('acme-okta');
  await page.getByRole('button', { name: 'Change it' }).click();
  await page.getByRole('button', { name: 'End now: acme-okta' }).waitFor();
  assert.equal((await muster.api('GET', '/log-level')).changes[0].connector, 'acme-okta');
  await good('the change');
  await page.getByRole('button', { name: 'End now: acme-okta' }).click();
  await page.getByRole('button', { name: 'End now: acme-okta' }).waitFor({ state: 'detached' });
  assert.equal((await muster.api('GET', '/log-level')).changes.length, 0);
  await close();
});

test('the server says what it is, and where it keeps things not', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/settings/about');
  await page.getByText(process.env.STORE === 'production' ? 'PostgreSQL' : 'SQLite', { exact: true }).waitFor();
  await good('about');
  assert.doesNotMatch(JSON.stringify(await muster.api('GET', '/about')), /sqlite:|postgres:|redis:|token/);
  await close();
});
