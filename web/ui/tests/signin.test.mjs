// Signing in and out: with a password, a link, the admin token and an OpenID provider.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser, themes, widths } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { password } from './harness/people.mjs';
import { startProvider } from './harness/provider.mjs';

let muster;
let browser;
let provider;

before(async () => {
  provider = await startProvider();
  [muster, browser] = await Promise.all([startMuster(provider.settings), startBrowser()]);
  await muster.connector({ slug: 'acme-okta' });
});
after(async () => {
  await browser?.close();
  await muster?.stop();
  await provider?.stop();
});

// kept is everything that a script could find in the browser.
const kept = (page) => page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage) + document.cookie + location.href + document.documentElement.outerHTML);

// type signs in by keyboard.
async function type(page, email, secret) {
  await page.getByLabel('E-mail').fill(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(secret);
  await page.keyboard.press('Enter');
}

test('a password lets in, leads to where one wanted to go, and signing out ends the session everywhere', async () => {
  const { email } = await muster.person('operator');
  const { page, context, go, settled, good, close } = await openPage(browser, muster, { signedIn: false, expected: [401] });
  await go('/connectors/acme-okta/credentials');
  await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('back'), '/ui/connectors/acme-okta/credentials');
  await type(page, email, 'not the password');
  await page.getByText('E-mail or password is wrong.').waitFor();
  await good('the refused sign-in');
  await type(page, email, password);
  await page.getByRole('heading', { name: 'acme-okta' }).waitFor();
  await settled();
  assert.match(page.url(), /\/ui\/connectors\/acme-okta\/credentials$/);
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ['sid', true, 'Strict']);
  assert.ok(!(await kept(page)).includes(password) && !(await kept(page)).includes(cookie.value), 'a secret is where scripts find it');

  await page.getByRole('button', { name: 'Account: Otto Operator' }).click();
  await page.getByText(email).waitFor();
  await page.getByText('Operator', { exact: true }).waitFor();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor();
  assert.equal(new URL(page.url()).search, '');
  assert.deepEqual(await context.cookies(), []);
  const answer = await fetch(`${muster.url}/api/v1/me`, { headers: { Cookie: `sid=${cookie.value}` } });
  assert.equal(answer.status, 401);
  await close();
});

test('a session that has ended says so, and signing in again goes on where it was', async () => {
  const { email } = await muster.person('viewer');
  const { page, go, good, close } = await openPage(browser, muster, { signedIn: false, expected: [401] });
  await go('/settings/account'); // where nothing is read again by itself
  await type(page, email, password);
  await page.getByText('This one').waitFor();
  const ended = (await muster.api('GET', '/sessions?all=true&limit=500')).items.filter((s) => s.email === email);
  for (const s of ended) await muster.api('DELETE', `/sessions/${s.id}`);
  await page.getByRole('link', { name: 'Connectors' }).click();
  await page.getByText('Your session has ended').waitFor();
  await good('the ended session');
  await type(page, email, password);
  await page.getByRole('heading', { name: 'Connectors' }).waitFor();
  await close();
});

test('signing in leads to no other site', async () => {
  const { email } = await muster.person('operator');
  for (const elsewhere of ['//evil.example/', 'https://evil.example/ui/', '/ui//evil.example', '/ui/\\evil.example', '/api/v1/me', '/ui/../api/v1/me', 'javascript:alert(1)']) {
    const { page, go, close } = await openPage(browser, muster, { signedIn: false });
    await go(`/sign-in?back=${encodeURIComponent(elsewhere)}`);
    await type(page, email, password);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    assert.equal(page.url().replace(/\/$/, ''), `${muster.url}/ui`, elsewhere);
    await close();
  }
});

test('who is signed in already is led on from signing in', async () => {
  const { page, go, close } = await openPage(browser, muster);
  await go('/sign-in?back=%2Fui%2Fconnectors%2Facme-okta%2Fcredentials');
  await page.getByRole('heading', { name: 'acme-okta' }).waitFor();
  await close();
});

test('the admin token lets in until the page is loaded again', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { signedIn: false });
  await go('/sign-in');
  await page.getByText('Use the admin token').click();
  await page.getByLabel('Admin token').fill('not it');
  await page.keyboard.press('Enter');
  await page.getByText('This is not the admin token.').waitFor();
  await good('the refused token');
  await page.getByLabel('Admin token').fill(muster.token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  assert.ok(!(await kept(page)).includes(muster.token), 'the token is where scripts find it');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('API tokens are made by administrators who have signed in').waitFor();
  await good('the account of the admin token');
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor();
  await close();
});

for (const theme of themes) {
  for (const width of widths) {
    test(`the set-up link makes the first owner, once, in ${theme} at ${width} px`, async () => {
      const fresh = await startMuster();
      const { page, go, good, close } = await openPage(browser, fresh, { theme, width, signedIn: false, expected: [404, 422] });
      await go('/sign-in');
      await page.getByText('There is no administrator yet').waitFor();
      const link = /\/ui(\/setup#(\S+))/.exec(fresh.log());
      await go(link[1]);
      await page.getByLabel('E-mail').fill('grace@acme.example');
      await page.getByLabel('Name').fill('Grace Hopper');
      await page.getByLabel(/^Password/).fill('short');
      await page.keyboard.press('Enter');
      await page.getByText('must have 12').waitFor();
      await good('the password that is too short');
      await page.getByLabel(/^Password/).fill(password);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      await page.getByRole('button', { name: 'Account: Grace Hopper' }).waitFor();
      assert.ok(!(await kept(page)).includes(link[2]), 'the link is still in the browser');
      await page.goBack().catch(() => {});
      await page.goto('about:blank');
      await go(link[1]);
      await page.getByText('This link does not work').waitFor();
      await good('the link that was used');
      await close();
      await fresh.stop();
    });
  }
}

test('an invitation lets choose a password by keyboard', async () => {
  const { link } = await muster.api('POST', '/administrators', { email: 'newcomer@acme.example', name: 'Nell Newcomer', role: 'viewer' });
  const { page, good, settled, close } = await openPage(browser, muster, { signedIn: false });
  await page.goto(link.url);
  await settled();
  await page.getByText('Nell Newcomer').waitFor();
  assert.equal(await page.getByLabel('E-mail').inputValue(), 'newcomer@acme.example');
  await good('the invitation');
  await page.getByLabel(/^Password/).focus();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Account: Nell Newcomer' }).waitFor();
  await close();
});

test('the organisation’s sign-in lets in whom it vouches for, and leads back', async () => {
  const { email } = await muster.person('ruleEditor');
  provider.who = { sub: 'rosa', email, email_verified: true, name: 'Rosa Rules' };
  const { page, go, good, settled, close } = await openPage(browser, muster, { signedIn: false, also: [provider.url] });
  await go('/connectors/acme-okta/credentials');
  const way = page.getByRole('link', { name: 'Sign in with your organisation' });
  await way.waitFor();
  await good('the two ways in');
  await way.click();
  await page.getByRole('heading', { name: 'acme-okta' }).waitFor();
  await settled();
  assert.match(page.url(), /\/ui\/connectors\/acme-okta\/credentials$/);
  await page.getByRole('button', { name: 'Account: Rosa Rules' }).waitFor();
  await close();
});

test('whom the provider refuses, or nobody invited, is told what to do', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { signedIn: false, also: [provider.url] });
  const attempt = async (said) => {
    await go('/sign-in');
    await page.getByRole('link', { name: 'Sign in with your organisation' }).click();
    await page.getByText(said).waitFor();
    await good(said);
  };
  provider.who = { sub: 'stranger', email: 'stranger@elsewhere.example', email_verified: true };
  await attempt('You are no administrator here');
  provider.refuse = 'access_denied';
  await attempt('did not let you in');
  provider.refuse = '';
  await go('/sign-in?problem=%3Cb%3Ex'); // of which nobody knows
  await page.getByText('Signing in did not work').waitFor();
  await good('an unknown problem');
  await close();
});

test('while Muster cannot say who is signed in, the page says so and goes on when it can', async () => {
  const { page, settled, good, close } = await openPage(browser, muster, { expected: [503] });
  const problem = { title: 'Service Unavailable', status: 503, code: 'unavailable', detail: 'The database cannot answer just now.' };
  await page.route('**/api/v1/me', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  await page.goto(`${muster.url}/ui/connectors`);
  await page.getByText('The database cannot answer just now.').waitFor();
  await good('nobody knows who is signed in');
  await page.unroute('**/api/v1/me');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Connectors' }).waitFor();
  await settled();
  await close();
});
