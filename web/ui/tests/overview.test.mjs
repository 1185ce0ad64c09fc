// Where one starts: what waits for a decision, how connectors stand, what came; and the lists of
// what came and of what happened.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { freePort } from './harness/stores.mjs';
import { until } from './harness/until.mjs';

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
let muster;
let browser;
let token; // of the connector watched

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// send makes the IdP of the connector watched send a user.
async function send(name, more = {}) {
  const answer = await muster.scim('watched', token, 'POST', '/Users', { schemas: [userSchema], userName: name, active: true, ...more });
  return answer.json();
}

test('a new Muster says what to do first', async () => {
  for (const look of [{}, { theme: 'dark', width: 320 }, { as: 'viewer' }]) {
    const { page, go, good, close } = await openPage(browser, muster, look);
    await go('/');
    await page.getByRole('heading', { name: 'Begin here' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Add the first connector' }).count(), look.as === 'viewer' ? 0 : 1);
    await good('the first start');
    await close();
  }
});

test('the overview says that Redis is gone, and that it serves on', async () => {
  const alone = await startMuster({ MUSTER_REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
  try {
    const { token: secret } = await alone.connector({ slug: 'served', name: 'Served' });
    for (let i = 0; i < 6; i++) assert.equal((await alone.scim('served', secret, 'GET', '/Users?count=1')).status, 200);
    await until(async () => (await alone.api('GET', '/overview')).degraded?.length === 1);
    const seen = await openPage(browser, alone, { theme: 'dark', width: 320, as: 'viewer' });
    await seen.go('/');
    await seen.page.getByText('Muster serves on without Redis').waitFor();
    await seen.good('an overview without Redis');
    await seen.close();
    assert.match(await alone.run('overview'), /Redis: does not answer in time/);
  } finally {
    await alone.stop();
  }
});

test('the overview says what waits for a decision, and leads there', async () => {
  ({ token } = await muster.connector({ slug: 'watched', name: 'Watched', mode: 'live', rules: { safety: { window: '1h', losses: 1, membershipLosses: 1, share: 0, off: false } } }));
  const seen = await muster.connector({ slug: 'seen', name: 'Seen', kind: 'okta' });
  await muster.scim('seen', seen.token, 'GET', '/Users?count=1');
  await muster.api('POST', '/connectors/seen/credentials', { name: 'short', expiresAt: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  await muster.connector({ slug: 'lost', name: 'Lost', kind: 'onelogin' });
  await muster.scim('lost', 'mst_of-nobody', 'GET', '/Users');
  for (let i = 0; i < 6; i++) {
    const { id } = await send(`ada${i}@watched.example`);
    if (i < 4) await muster.scim('watched', token, 'DELETE', `/Users/${id}`);
  }
  await send('ada5@watched.example'); // again: refused
  const standings = await until(async () => {
    const { connectors } = await muster.api('GET', '/overview');
    const of = (slug) => connectors.find((c) => c.connector === slug);
    return of('seen').ready && of('lost').state === 'trouble' && of('watched').held > 0 && of('watched').day.refused > 0 && of('watched').day.losses > 0 ? connectors : undefined;
  });
  const watched = standings.find((c) => c.connector === 'watched');
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/');
  await page.getByText(`${watched.held} changes are held`).waitFor();
  await page.getByText('“short” expires').waitFor();
  await page.getByText('requests come that cannot work').waitFor();
  await page.locator('.chart canvas').nth(1).waitFor();
  await good('the overview');
  await page.getByRole('link', { name: 'See what going live with Seen would do' }).click();
  await page.waitForURL('**/connectors/seen/plans/live');
  await page.goBack();
  await settled();
  await page.getByText('1 hour').click();
  await page.getByText('Table', { exact: true }).click();
  await page.waitForURL((url) => url.search.includes('range=1h') && url.search.includes('as=table'));
  const table = page.getByRole('region', { name: 'Sync activity in numbers' });
  await table.waitFor();
  const sum = async (column) => (await table.locator(`tbody tr td:nth-child(${column})`).allInnerTexts()).reduce((all, n) => all + Number(n), 0);
  const { total } = await muster.api('GET', '/overview/activity?range=1h');
  assert.deepEqual([await sum(3), await sum(4), await sum(6), await sum(7)], [total.writes, total.refused, total.changes, total.losses], 'the table has the numbers of the API');
  await page.getByLabel('Connector', { exact: true }).selectOption('seen');
  await page.waitForURL((url) => url.search.includes('connector=seen'));
  await page.reload();
  await settled();
  await page.getByText('1 requests, none of them refused or failed').or(page.getByText('1 request')).first().waitFor();
  await good('the numbers of one connector');
  await page.getByRole('link', { name: /refused or failed requests of Watched/ }).click();
  await page.waitForURL('**/activity?*');
  await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
  await page.getByRole('region', { name: 'Requests' }).getByRole('link').first().waitFor();
  assert.equal(await page.getByText('409', { exact: true }).count() > 0, true, 'the refused request is listed');
  await close();
});

test('activity keeps still, and shows what is new on request', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/activity?connector=watched');
  const rows = page.getByRole('region', { name: 'Requests' }).locator('tbody tr');
  await rows.first().waitFor();
  const before = await rows.count();
  await page.getByRole('button', { name: 'No new rows' }).waitFor();
  await send('tail1@watched.example');
  await send('tail2@watched.example');
  await page.getByRole('button', { name: '2 new rows: show' }).waitFor();
  assert.equal(await rows.count(), before, 'nothing moved');
  await good('two new rows');
  await page.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Paused: new rows are not looked for.').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '2 new rows: show' }).click();
  await page.getByRole('button', { name: 'No new rows' }).waitFor();
  assert.equal(await rows.count(), before + 2);
  await close();
});

test('a request opens with its masked body and what it changed, and the list goes into a file', async () => {
  await send('secret@watched.example', { password: 'hunter2hunter2', title: '=HYPERLINK("x")' });
  await until(async () => (await muster.api('GET', '/requests?q=secret@watched.example')).items.length > 0);
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/activity');
  await page.getByLabel('User', { exact: true }).fill('secret@watched.example');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('user') === 'secret@watched.example');
  const rows = page.getByRole('region', { name: 'Requests' }).locator('tbody tr');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  for (const [button, expected] of [['Download as CSV', 'time,connector,method'], ['Download as JSON lines', '{"id":']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
    const text = await new Response(await download.createReadStream()).text();
    assert.ok(text.replace(/^\ufeff/, '').startsWith(expected), `${button}: ${text.slice(0, 80)}`);
    assert.equal(text.trim().split('\n').length, button.includes('CSV') ? 2 : 1);
  }
  await rows.getByRole('link').first().click();
  await page.getByRole('heading', { name: 'A request' }).waitFor();
  await settled();
  const body = await page.getByRole('region', { name: 'Body of the request' }).innerText();
  assert.ok(body.includes('secret@watched.example') && !body.includes('hunter2'), body);
  await page.getByRole('region', { name: 'Events of the request' }).getByText('User made').waitFor();
  await good('a request');
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get('user') === 'secret@watched.example');
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await page.waitForURL((url) => url.search === '');
  await close();
});

test('the audit is searched, opened and believed', async () => {
  const integrity = await until(async () => { const i = await muster.api('GET', '/audit/integrity'); return i.head !== undefined && i.head !== '' ? i : undefined; });
  const { page, go, settled, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/audit');
  await page.getByText(integrity.publicKey).waitFor();
  await page.getByText('Sealed', { exact: true }).waitFor();
  await good('the audit');
  await page.getByLabel('What', { exact: true }).selectOption('directory.user.');
  await page.waitForURL((url) => url.searchParams.get('action') === 'directory.user.');
  await settled();
  await page.getByLabel('User', { exact: true }).fill('ada5@watched.example');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('user') === 'ada5@watched.example');
  await page.getByText('User made').first().waitFor();
  await page.getByRole('region', { name: 'Events' }).locator('summary').first().click();
  await good('an event with its details');
  await page.getByRole('link', { name: /^Request of User made/ }).click();
  await page.getByRole('heading', { name: 'A request' }).waitFor();
  await page.goBack();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as CSV' }).click()]);
  assert.match(await new Response(await download.createReadStream()).text(), /directory\.user\.created/);
  await go('/audit?action=nothing.like.this');
  await page.getByRole('heading', { name: 'None is like this' }).waitFor();
  await close();
});

test('who is limited to tenants sees their own connectors, one at a time', async () => {
  await muster.api('POST', '/tenants', { name: 'globex' });
  await muster.connector({ slug: 'globex', name: 'Globex', tenant: 'globex' });
  const link = (await muster.api('POST', '/administrators', { email: 'lim@globex.example', name: 'Lim Ited', role: 'viewer', tenants: ['globex'] })).link.token;
  const answer = await fetch(`${muster.url}/api/v1/setup`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: link, password: 'correct horse battery staple' }) });
  const cookie = /(?:^|, )sid=([^;]+)/.exec(answer.headers.get('Set-Cookie'))[1];
  const { page, context, go, good, close } = await openPage(browser, muster, { signedIn: false });
  await context.addCookies([{ name: 'sid', value: cookie, url: muster.url, httpOnly: true, sameSite: 'Strict' }]);
  await go('/');
  await page.getByRole('region', { name: 'How connectors stand' }).getByText('Globex').waitFor();
  assert.equal(await page.getByText('Watched').count(), 0);
  await page.getByText('Nothing came, and nothing changed.').waitFor();
  await good('the overview of a limited administrator');
  for (const at of ['/activity', '/audit']) {
    await go(at);
    await page.getByRole('heading', { name: 'Choose a connector' }).waitFor();
    await page.getByLabel('Connector', { exact: true }).selectOption('globex');
    await page.getByRole('button', { name: 'Download as CSV' }).waitFor();
    await good(`${at} of a limited administrator`);
  }
  await close();
});
