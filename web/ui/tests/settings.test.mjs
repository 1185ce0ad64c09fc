// The settings: one's own sessions, password and API tokens, and administrators.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { password } from './harness/people.mjs';

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

const me = (headers) => fetch(`${muster.url}/api/v1/me`, { headers });

// signIn begins another session, as another browser would.
async function signIn(email, secret = password) {
  const answer = await fetch(`${muster.url}/api/v1/session`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'User-Agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Firefox/150.0' }, body: JSON.stringify({ email, password: secret }),
  });
  assert.equal(answer.status, 200);
  return { Cookie: answer.headers.get('Set-Cookie').split(';')[0] };
}

test('one sees one’s own sessions and signs another one out', async () => {
  const { email } = await muster.person('operator');
  const other = await signIn(email);
  const { page, go, settled, good, close } = await openPage(browser, muster, { as: 'operator' });
  await go('/settings/account');
  const row = page.getByRole('row', { name: /Firefox on macOS/ });
  await row.waitFor();
  await page.getByText('This one').waitFor();
  assert.equal(await page.getByLabel('Show the sessions and tokens of everybody').count(), 0);
  await good('the sessions');
  await row.getByRole('button').click();
  await row.waitFor({ state: 'detached' });
  await settled();
  assert.equal((await me(other)).status, 401);
  await close();
});

test('an API token is made by keyboard, shown once, and ended', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { as: 'ruleEditor' });
  await go('/settings/account');
  await page.getByRole('button', { name: 'Make an API token' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Make an API token' });
  await dialog.locator('input:focus').waitFor();
  await page.keyboard.type('terraform');
  assert.deepEqual(await dialog.getByLabel('Role').locator('option').allTextContents(), ['Viewer', 'Operator', 'Rule editor']);
  await good('the dialog');
  await page.keyboard.press('Enter');
  await page.getByText('Shown this once').waitFor();
  await settled();
  await good('the token');
  const token = await page.locator('[data-copy="token"]').textContent();
  const answer = await me({ Authorization: `Bearer ${token}` });
  assert.equal((await answer.json()).role, 'viewer');

  await page.reload();
  await page.getByText('terraform').waitFor();
  assert.ok(!(await page.content()).includes(token));
  assert.ok(!(await page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage))).includes(token));
  await page.getByRole('button', { name: 'End terraform' }).click();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('No API token').waitFor();
  assert.equal((await me({ Authorization: `Bearer ${token}` })).status, 401);
  await close();
});

test('an API token cannot be made past a year, and the form says where that is wrong', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { as: 'ruleEditor', expected: [422] });
  await go('/settings/account');
  await page.getByRole('button', { name: 'Make an API token' }).click();
  await page.getByLabel('Name').fill('for ever');
  await page.getByLabel('Valid until').fill('2099-01-01');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.locator('input[type=date][aria-invalid="true"]').waitFor();
  await good('the refused token');
  await close();
});

test('choosing another password ends the other sessions and not this one', async () => {
  const { email, password: first } = await invited('changer@acme.example', 'Chris Changer');
  const other = await signIn(email, first);
  const { page, go, settled, good, close } = await openPage(browser, muster, { signedIn: false, expected: [403] });
  await go('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel(/^Password/).fill(first);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await go('/settings/account');
  await page.getByRole('button', { name: 'Choose another password' }).click();
  await page.getByLabel(/^Current password/).fill('not it at all');
  await page.getByLabel(/^New password/).fill('another horse, another battery');
  await page.keyboard.press('Enter');
  await page.getByText('The current password is wrong.').waitFor();
  await good('the wrong password');
  await page.getByLabel(/^Current password/).fill(first);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Choose another password' }).waitFor();
  await settled();
  assert.equal((await me(other)).status, 401);
  await page.getByText('This one').waitFor();
  await close();
});

test('an owner invites somebody limited to a tenant, changes and disables them', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/settings/administrators');
  await page.getByRole('button', { name: 'Invite an administrator' }).click();
  const invite = page.getByRole('dialog', { name: 'Invite an administrator' });
  await invite.getByLabel('E-mail').fill('eve@acme.example');
  await invite.getByLabel('Name').fill('Eve Example');
  await invite.getByLabel('Role').selectOption('operator');
  await invite.getByLabel('Sees').selectOption('tenants');
  await invite.getByRole('button', { name: 'Invite' }).click();
  await page.getByText('Choose at least one tenant.').waitFor();
  await invite.getByLabel('acme').check();
  await good('the invitation');
  await invite.getByRole('button', { name: 'Invite' }).click();
  await page.getByText('Pass this link on; it is shown this once').waitFor();
  await settled();
  await good('the link');
  const link = await page.locator('[data-copy="link"]').textContent();
  assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/ui\/setup#[A-Z0-9]+/);
  const row = page.getByRole('row', { name: /eve@acme\.example/ });
  await row.getByText('Invited').waitFor();
  assert.match(await row.textContent(), /Operator.*acme/);

  await fetch(`${muster.url}/api/v1/setup`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: link.split('#')[1], password }) });
  const eve = await signIn('eve@acme.example');
  await page.getByRole('button', { name: 'Change Eve Example' }).click();
  const change = page.getByRole('dialog', { name: 'Change Eve Example' });
  await change.getByLabel('Role').selectOption('viewer');
  await change.getByLabel('Sees').selectOption('all');
  await good('the change');
  await change.getByRole('button', { name: 'Save' }).click();
  await row.getByText('Viewer').waitFor();
  await row.getByText('everything').waitFor();
  assert.equal((await me(eve)).status, 401);

  await page.getByRole('button', { name: 'Change Eve Example' }).click();
  await change.getByLabel('Disabled').check();
  await change.getByRole('button', { name: 'Save' }).click();
  await row.getByText('Disabled').waitFor();
  await page.getByRole('button', { name: 'Remove Eve Example' }).click();
  await good('the removal');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  await close();
});

test('a change that somebody else made meanwhile is not written over', async () => {
  await muster.api('POST', '/administrators', { email: 'twice@acme.example', name: 'Two Owners', role: 'viewer' });
  const { page, go, close } = await openPage(browser, muster, { expected: [412] });
  await go('/settings/administrators');
  await page.getByRole('button', { name: 'Change Two Owners' }).click();
  const change = page.getByRole('dialog', { name: 'Change Two Owners' });
  await change.getByLabel('Name').fill('Mine');
  const { items } = await muster.api('GET', '/administrators?limit=500');
  const { id } = items.find((a) => a.email === 'twice@acme.example');
  await muster.api('PATCH', `/administrators/${id}`, { name: 'Theirs' });
  await change.getByRole('button', { name: 'Save' }).click();
  await change.getByText('changedMeanwhile').waitFor();
  assert.equal(await change.getByLabel('Name').inputValue(), 'Mine');
  await close();
});

test('the last owner stays, and the page says why', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { expected: [409] });
  await go('/settings/administrators');
  await page.getByText('(you)').waitFor();
  await page.getByRole('button', { name: 'Remove Ada Lovelace' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('lastOwner').waitFor();
  await good('the last owner');
  await close();
});

test('what a role may not use says why, and the API refuses it too', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/settings/administrators');
  await page.getByText('Your role does not allow this').waitFor();
  await good('the administrators, to a viewer');
  for (const path of ['/connectors', '/connect', '/connectors/acme-okta/credentials']) {
    await go(path);
    await page.getByText('This takes the role rule editor, and yours is viewer.').first().waitFor();
    await good(`${path}, to a viewer`);
  }
  assert.equal(await page.getByRole('button', { name: /^(End|Exchange|Make)/ }).count(), 0);
  const { cookie } = await muster.person('viewer');
  const answer = await fetch(`${muster.url}/api/v1/connectors/acme-okta/credentials`, { method: 'POST', headers: { 'Content-Type': 'application/json', Cookie: `sid=${cookie}` }, body: '{"name":"x","kind":"bearer"}' });
  assert.equal(answer.status, 403);
  await close();
});

// invited makes an administrator who has chosen a password.
async function invited(email, name) {
  const { link } = await muster.api('POST', '/administrators', { email, name, role: 'viewer' });
  await fetch(`${muster.url}/api/v1/setup`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: link.token, password }) });
  return { email, password };
}
