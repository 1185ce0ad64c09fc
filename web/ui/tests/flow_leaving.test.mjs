// People leave: one is deleted and comes back with the groups, and a connector ends in each of the
// ways that there are.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const schema = { User: ['urn:ietf:params:scim:schemas:core:2.0:User'], Group: ['urn:ietf:params:scim:schemas:core:2.0:Group'] };
let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// company makes a live connector in a directory of its own, with two people in one group.
async function company(slug, rules = {}) {
  await muster.api('POST', '/directories', { name: slug });
  const made = await muster.connector({ slug, directory: slug, mode: 'live', rules });
  const send = async (method, path, body) => {
    const answer = await muster.scim(slug, made.token, method, path, body);
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.status === 204 ? null : answer.json();
  };
  const people = [];
  for (const name of ['ada', 'bob']) people.push(await send('POST', '/Users', { schemas: schema.User, userName: `${name}@${slug}.example`, active: true }));
  await send('POST', '/Groups', { schemas: schema.Group, displayName: `${slug}-staff`, members: people.map((p) => ({ value: p.id })) });
  return { send, people };
}

const users = async (slug, status) => (await muster.api('GET', `/directories/${slug}/users?status=${status}`)).items;
const members = async (slug) => {
  const [group] = (await muster.api('GET', `/directories/${slug}/groups`)).items;
  return { group, names: (await muster.api('GET', `/directories/${slug}/groups/${group.id}/members`)).items.map((m) => m.user.userName).toSorted() };
};

for (const [retire, label, words, after] of [
  ['keep', 'Keep them', null, { active: 2, disabled: 0 }],
  ['disable', 'Disable them', '2 users disabled', { active: 0, disabled: 2 }],
  ['delete', 'Delete them', null, { active: 0, disabled: 2 }], // at once; deleted after the grace
]) {
  test(`a connector is retired: ${label.toLowerCase()}, as the plan says, and its group is free afterwards`, async () => {
    await company(retire);
    const { page, go, settled, good, close } = await openPage(browser, muster);
    await go(`/connectors/${retire}/mode`);
    await page.getByRole('radio', { name: label }).check();
    await page.getByRole('button', { name: 'Plan the retirement' }).click();
    await page.getByRole('heading', { name: 'Plan: Retiring the connector' }).waitFor();
    await settled();
    if (words !== null) await page.getByText(words).waitFor();
    const plan = await muster.api('GET', `/connectors/${retire}/plans/${new URL(page.url()).pathname.split('/').pop()}`);
    await good('the plan of a retirement');
    assert.equal((await users(retire, 'active')).length, 2, 'planning changed nothing');
    const losses = plan.losses.users + plan.losses.memberships + plan.losses.keys;
    if (losses > 0) await page.getByRole('textbox', { name: 'Why' }).fill('the contract ends');
    if (plan.aboveLimits) await page.getByLabel(`Type ${losses} to confirm the losses`).fill(String(losses));
    await page.getByRole('button', { name: 'Apply the plan' }).click();
    await page.getByText('Done', { exact: true }).waitFor();
    assert.deepEqual({ active: (await users(retire, 'active')).length, disabled: (await users(retire, 'disabled')).length }, after);
    assert.equal((await users(retire, 'disabled')).length, plan.counts.usersDisabled, 'as many as the plan said');

    const { group, names } = await members(retire);
    assert.equal(4 - names.length - 2, plan.counts.membershipsRemoved);
    await muster.api('POST', `/directories/${retire}/users`, { userName: `carl@${retire}.example` });
    await go(`/groups/${group.id}?in=${retire}`);
    await page.getByRole('button', { name: 'Put somebody in…' }).click();
    await page.getByRole('textbox', { name: 'User' }).fill(`carl@${retire}.example`);
    await page.keyboard.press('Enter');
    await page.getByText('This would stand').waitFor();
    await page.getByRole('button', { name: 'Put in', exact: true }).click();
    await page.getByRole('link', { name: `carl@${retire}.example`, exact: true }).waitFor();
    await close();
  });
}

test('somebody the provider deletes is deleted, said so, and restored by hand with what the provider does not hold', async () => {
  const { send, people } = await company('gone', { cleanup: { action: 'delete', graceDays: 0, stripGroups: false, keepGroups: [] }, neverRemove: ['local-staff'] });
  const [ada] = await users('gone', 'active');
  const local = await muster.api('POST', '/directories/gone/groups', { displayName: 'local-staff' });
  await muster.api('POST', `/directories/gone/groups/${local.id}/members`, { user: ada.id });
  await send('DELETE', `/Users/${people.find((p) => p.userName === ada.userName).id}`);
  assert.equal((await users('gone', 'deleted')).length, 1);
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go(`/users/${ada.id}?in=gone`);
  await page.locator('.note', { hasText: 'It can be restored until it is purged' }).waitFor();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  await good('somebody deleted');
  await page.getByRole('button', { name: 'Restore…' }).click();
  await good('the question about restoring');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByRole('button', { name: 'Block…' }).waitFor();
  await settled();
  assert.equal((await users('gone', 'deleted')).length, 0);
  await page.getByRole('region', { name: /^Groups/ }).first().getByRole('link', { name: 'local-staff', exact: true }).waitFor();
  await good('somebody restored');
  await close();
});
