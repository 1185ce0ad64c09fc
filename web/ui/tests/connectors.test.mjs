// Connecting an identity provider: from the wizard to a connection that works, and its credentials.
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

test('three clicks and one typed field lead to a base URL and a token, which is shown once', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors');
  await page.getByRole('link', { name: 'Add the first connector' }).click();
  await page.getByRole('link', { name: /^Okta/ }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Okta (EU)');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('Shown this once').waitFor();
  await settled();
  assert.equal(await page.locator('[data-copy="base URL"]').innerText(), `${muster.url}/scim/okta-eu/v2`);
  const token = await page.locator('[data-copy="token"]').innerText();
  await page.getByRole('button', { name: 'Copy the token' }).click();
  await page.getByRole('button', { name: 'Copied the token' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
  assert.equal((await muster.scim('okta-eu', token, 'GET', '/Users?count=1')).status, 200);
  assert.equal((await muster.api('GET', '/connectors/okta-eu')).mode, 'observe');
  await good('the new connector');

  await page.reload();
  await settled();
  await page.getByText('cannot be shown again').waitFor();
  const kept = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify(sessionStorage) + JSON.stringify(localStorage) + location.href);
  assert.ok(!kept.includes(token), 'the token outlived the page');
  await close();
});

test('a connector is made by keyboard alone', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connect');
  const entra = page.getByRole('link', { name: /^Microsoft Entra ID/ });
  for (let i = 0; i < 30 && !(await entra.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Connect Microsoft Entra ID' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
  await page.keyboard.type('Entra US');
  await page.keyboard.press('Enter');
  await page.getByText('Shown this once').waitFor();
  await settled();
  assert.match(page.url(), /\/connectors\/entra-us\/setup$/);
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'the focus is on the new heading');
  await good('the connector made by keyboard');
  await close();
});

test('a short name that is taken gets another ending', async () => {
  const { page, go, close } = await openPage(browser, muster, { expected: [409] });
  await go('/connect?kind=okta');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Okta (EU)');
  await page.getByText('More', { exact: true }).click();
  const tenant = page.getByLabel('Tenant', { exact: true });
  await tenant.selectOption({ label: 'Okta (EU)' });
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('Shown this once').waitFor();
  assert.match(page.url(), /\/connectors\/okta-eu-[a-z0-9]{4}\/setup$/);
  await close();
});

test('an empty name is said at the field and nothing is made', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connect?kind=okta');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('Give it a name.').waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).getAttribute('aria-invalid'), 'true');
  await good('the form with a mistake');
  await close();
});

test('the light turns green within two seconds, says so, and leaves the focus', async () => {
  const made = await muster.connector({ slug: 'light' });
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/light/setup');
  await page.getByText('Waiting for the first request').waitFor();
  await page.getByRole('link', { name: 'Credentials', exact: true }).focus();
  const sent = Date.now();
  await muster.scim('light', made.token, 'GET', '/Users?startIndex=1&count=2');
  await page.locator('.state', { hasText: 'Connected' }).waitFor({ timeout: 8_000 });
  const took = Date.now() - sent; // a second of it may be the browser's
  assert.ok(took < 3_000, `it took ${took} ms`);
  assert.equal(await page.locator('[role="status"]', { hasText: 'Connected: a request came through.' }).count(), 1);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Credentials');
  await good('the green light');
  await close();
});

test('the light says why a request was refused, and never the token that came', async () => {
  const made = await muster.connector({ slug: 'amber' });
  const foreign = `${made.token.slice(0, -4)}zzzz`;
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/amber/setup');
  await muster.scim('amber', '', 'GET', '/Users');
  await page.getByText('Requests come without a credential.').first().waitFor();
  await muster.scim('amber', foreign, 'GET', '/Users');
  await page.getByText('zzzz').first().waitFor();
  assert.ok(!(await page.content()).includes(foreign), 'the whole foreign token is on the page');
  await good('the amber light');
  await close();
});

test('a credential is exchanged without a gap and the old one ended', async () => {
  const made = await muster.connector({ slug: 'rotate' });
  const old = (await muster.api('GET', '/connectors/rotate/credentials')).items[0];
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/rotate/credentials');
  await page.getByRole('button', { name: `Exchange ${old.name}` }).click();
  await good('the dialog that exchanges');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByText('Both work now').waitFor();
  const token = await page.locator('[data-copy="token"]').innerText();
  assert.notEqual(token, made.token);
  for (const one of [made.token, token]) assert.equal((await muster.scim('rotate', one, 'GET', '/Users')).status, 200);
  await good('both credentials');
  const [, fresh] = (await muster.api('GET', '/connectors/rotate/credentials')).items.toSorted((a, b) => a.created.localeCompare(b.created));
  await page.getByRole('button', { name: `End ${old.name}`, exact: true }).click();
  await good('the dialog that ends');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Keep it', 'the harmless button has the focus');
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('Exchanged', { exact: true }).waitFor();
  assert.equal((await muster.scim('rotate', made.token, 'GET', '/Users')).status, 401);
  assert.equal((await muster.scim('rotate', token, 'GET', '/Users')).status, 200);
  assert.deepEqual((await muster.api('GET', '/connectors/rotate/credentials')).items.map((c) => c.id), [fresh.id]);
  await close();
});

test('a product that takes a user name and a password gets a pair', async () => {
  await muster.connector({ slug: 'pair', kind: 'oneaccess' });
  const { page, go, close } = await openPage(browser, muster);
  await go('/connectors/pair/setup');
  await page.getByRole('button', { name: 'Make a user name and password' }).click();
  const username = await page.locator('[data-copy="user name"]').innerText();
  const password = await page.locator('[data-copy="password"]').innerText();
  const answer = await fetch(`${muster.url}/scim/pair/v2/Users`, { headers: { Authorization: `Basic ${btoa(`${username}:${password}`)}` } });
  assert.equal(answer.status, 200);
  await close();
});

test('the list is narrowed by the address, and says which filters leave nothing', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors?q=entra');
  await page.getByText(/^1 of \d+ connectors$/).waitFor();
  await page.getByLabel('Find').fill('nothing is called this');
  await page.getByText('None is like this').waitFor();
  assert.match(page.url(), /q=nothing/);
  await good('the empty list');
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await settled();
  await page.getByRole('link', { name: 'light' }).waitFor();
  await close();
});

test('a set-up link lets a stranger connect, make one credential, and see that it works', async () => {
  await muster.connector({ slug: 'shared', name: 'Entra of Contoso', kind: 'entra' });
  const admin = await openPage(browser, muster);
  await admin.go('/connectors/shared/setup');
  await admin.page.getByRole('button', { name: 'Make a set-up link' }).click();
  await admin.page.getByLabel('For whom').fill('Contoso IT');
  await admin.good('the dialog of a set-up link');
  await admin.page.getByRole('button', { name: 'Make it' }).click();
  await admin.page.getByText('The link for Contoso IT, shown this once').waitFor();
  const url = await admin.page.locator('code', { hasText: '/ui/connect-with#msl_' }).innerText();
  await admin.good('a set-up link');
  await admin.page.reload();
  await admin.settled();
  assert.equal(await admin.page.locator('code', { hasText: 'msl_' }).count(), 0, 'it is shown once');
  await admin.page.getByText('Not used yet').waitFor();

  const { page, go, settled, good, close } = await openPage(browser, muster, { signedIn: false, expected: [404] });
  const sent = [];
  page.on('request', (request) => sent.push(new URL(request.url()).pathname));
  await go(new URL(url).pathname.replace('/ui', '') + new URL(url).hash);
  await page.getByRole('heading', { name: 'Connect Entra of Contoso' }).waitFor();
  await page.getByText('Waiting for the first request').waitFor();
  await good('a set-up link that is opened');
  await page.getByRole('button', { name: 'Make the token' }).click();
  const token = await page.locator('code', { hasText: 'mst_' }).innerText();
  await good('its credential');
  assert.equal((await muster.scim('shared', token, 'GET', '/Users?count=1')).status, 200);
  await page.getByText('Connected', { exact: true }).waitFor();
  await page.reload();
  await settled();
  await page.getByText('This link has made its credential').waitFor();
  assert.equal(await page.locator('code', { hasText: 'mst_' }).count(), 0, 'the token is shown once');
  const elsewhere = sent.filter((path) => path.startsWith('/api/') && !path.startsWith('/api/v1/connect-with') && !path.startsWith('/api/v1/guides'));
  assert.deepEqual(elsewhere, [], 'it asks for nothing but what the link is for');
  await good('a set-up link that is used');

  await admin.page.reload();
  await admin.page.getByText('Made its credential').waitFor();
  await admin.page.getByRole('button', { name: 'End the link for Contoso IT' }).click();
  await admin.page.getByText('The credential that it made goes on working').waitFor();
  await admin.good('the dialog that ends a link');
  await admin.page.getByRole('button', { name: 'End the link', exact: true }).click();
  await admin.page.getByText('Made its credential').waitFor({ state: 'detached' });
  await page.reload();
  await page.getByText('This link does not work').waitFor();
  await good('a set-up link that has ended');
  await close();
  await admin.close();
});
