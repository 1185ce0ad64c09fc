// What each role is offered: on no page can anybody press what the server would refuse them. The
// roles come from the OpenAPI document, which the server's own guard is made of.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { hear, pressEverything } from './harness/everything.mjs';
import { startMuster } from './harness/muster.mjs';
import { password } from './harness/people.mjs';
import { fill } from './harness/world.mjs';
import { find, routes } from './routes.mjs';

const ranks = ['viewer', 'operator', 'ruleEditor', 'owner'];
const limited = { email: 'lim@bad.example', name: 'Lim Ited', role: 'ruleEditor', tenants: ['Bad Names Ltd'] };

let muster;
let browser;
let operations; // each with its role, its reach and a pattern of "METHOD /path"

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await fill(muster);
  await find(muster);
  const { paths } = await (await fetch(`${muster.url}/api/v1/openapi.json`)).json();
  operations = Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, op]) => ({
    name: `${method.toUpperCase()} ${path}`, role: op['x-muster-role'], reach: op['x-muster-reach'],
    pattern: `^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}$`,
  })));
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// operationOf is the operation that a request is for: of several paths that fit, the most exact.
function operationOf(what) {
  const all = operations.filter((o) => new RegExp(o.pattern).test(what));
  assert.ok(all.length > 0, `the OpenAPI document has no ${what}`);
  return all.reduce((a, b) => (a.name.split('{').length <= b.name.split('{').length ? a : b));
}

// asked presses everything on a page and returns what it would have asked the server for.
async function asked(world, path, as) {
  const { page, context, go, close } = await openPage(browser, world, { as, expected: [403, 404, 409] });
  const harmless = operations.filter((o) => o.reach === 'everything' || (o.role === 'viewer' && o.reach !== 'oneself')).map((o) => o.pattern);
  await context.addInitScript(hear, harmless);
  const sent = [];
  let pressed = [];
  for (let left = true, visits = 0; left && visits < 12; visits++) {
    await go(path);
    const before = pressed.length;
    ({ pressed, left } = await page.evaluate(pressEverything, pressed).catch(() => ({ pressed, left: true }))); // a link out of the interface
    sent.push(...await page.evaluate(() => window.sent).catch(() => []));
    if (pressed.length === before) break;
  }
  await close();
  return { sent, pressed };
}

// walked are the routes, each once, at which somebody who has signed in arrives.
function walked() {
  const seen = new Set();
  return routes.filter((r) => r.signedIn !== false && !seen.has(r.route) && seen.add(r.route));
}

for (const as of ['viewer', 'operator', 'ruleEditor']) {
  test(`no page offers a change to ${as === 'operator' ? 'an' : 'a'} ${as} that their role does not reach`, async () => {
    const wrong = [];
    for (const { path } of walked()) {
      for (const { what, by } of (await asked(muster, path, as)).sent) {
        const op = operationOf(what);
        if (ranks.indexOf(op.role) > ranks.indexOf(as)) wrong.push(`${path}: “${by}” asks for ${op.name}, which takes the role ${op.role}`);
      }
    }
    assert.deepEqual([...new Set(wrong)], []);
  });
}

test('the pressing finds changes where they are offered', async () => {
  const found = new Set();
  for (const path of ['/connectors/acme-okta/mode', '/users/mallory@bad.example', '/connectors/acme-okta/credentials', '/settings/tenants']) {
    for (const { what } of (await asked(muster, path, 'owner')).sent) found.add(operationOf(what).name);
  }
  for (const name of ['POST /connectors/{c}/plans', 'PUT /directories/{d}/users/{id}/block', 'POST /connectors/{c}/credentials', 'POST /tenants']) assert.ok(found.has(name), `${name} is not among ${[...found]}`);
});

test('who is limited to a tenant is offered nothing of the deployment, and sees nothing of others', async () => {
  const { token } = (await muster.api('POST', '/administrators', limited)).link;
  const answer = await fetch(`${muster.url}/api/v1/setup`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token, password }) });
  const cookie = /(?:^|, )sid=([^;]+)/.exec(answer.headers.get('Set-Cookie'))[1];
  const world = { ...muster, person: async () => ({ cookie }) };
  const others = ['acme-okta', 'acme-entra', 'acme-onelogin', 'Entra production', 'everyone', 'Ada Lovelace', (await muster.api('GET', '/directories/main/users?limit=2')).items[1].userName];
  const wrong = [];
  for (const { path } of walked()) {
    const own = path.replace('/connectors/acme-okta', '/connectors/hostile');
    if (/acme|everyone|[0-9a-f]{8}-/.test(own) && !own.startsWith('/connectors/acme')) continue; // names what is another's
    const { page, go, close } = await openPage(browser, world, { expected: [403, 404, 409] });
    await go(own);
    const text = await page.locator('main').innerText();
    await close();
    wrong.push(...others.filter((name) => text.includes(name) && !own.includes(name)).map((name) => `${own} shows ${name}`));
    for (const { what, by } of (await asked(world, own)).sent) {
      const op = operationOf(what);
      if (op.reach === 'deployment' || ranks.indexOf(op.role) > ranks.indexOf(limited.role)) wrong.push(`${own}: “${by}” asks for ${op.name}, whose reach is ${op.reach}`);
    }
  }
  assert.deepEqual([...new Set(wrong)], []);
});
