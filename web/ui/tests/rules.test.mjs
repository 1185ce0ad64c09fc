// Rules without fear: a draft is judged while one types, planned, applied, and planned back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { until } from './harness/until.mjs';
import { fill } from './harness/world.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await fill(muster);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// groups are the names that an IdP has sent.
async function judge(slug, rules, names = []) {
  return muster.api('POST', `/connectors/${slug}/rules/judgement`, { rules, names, limit: 1000 });
}

test('two administrators who write one draft notice each other, and nothing typed is lost', async () => {
  const ada = await openPage(browser, muster, { expected: [412] });
  const bob = await openPage(browser, muster, { as: 'ruleEditor' });
  for (const { go } of [ada, bob]) await go('/connectors/acme-onelogin/rules');
  const write = async ({ page }, text) => {
    await page.getByRole('button', { name: 'Add an entry to “Never these groups”' }).click();
    await page.keyboard.type(text);
  };
  await write(bob, 'of-bob');
  await bob.page.getByText('Draft, kept', { exact: true }).waitFor();
  await write(ada, 'of-ada');
  await ada.page.getByText('Somebody else changed this draft').waitFor();
  await ada.page.getByText((await muster.person('ruleEditor')).email).waitFor();
  assert.equal(await ada.page.getByLabel('Text of entry 1 of “Never these groups”').inputValue(), 'of-ada');
  await ada.good('a draft that somebody else changed');
  const kept = async () => (await muster.api('GET', '/connectors/acme-onelogin/rules/draft')).rules?.neverAssign;
  assert.deepEqual(await kept(), [{ is: 'of-bob' }]);
  await ada.page.getByRole('button', { name: 'Keep mine' }).click();
  await ada.page.getByText('Draft, kept', { exact: true }).waitFor();
  assert.deepEqual(await kept(), [{ is: 'of-ada' }]);
  await bob.go('/connectors/acme-onelogin/rules');
  assert.equal(await bob.page.getByLabel('Text of entry 1 of “Never these groups”').inputValue(), 'of-ada', 'who comes later goes on with what is kept');
  await muster.api('DELETE', '/connectors/acme-onelogin/rules/draft');
  await ada.page.getByLabel('Text of entry 1 of “Never these groups”').fill('of-ada-again');
  await ada.page.getByText('Somebody else discarded this draft, or applied it').waitFor();
  await ada.page.getByRole('button', { name: 'Show what is in force' }).click();
  await ada.page.getByText('In force', { exact: true }).waitFor();
  assert.equal(await kept(), undefined);
  await ada.close();
  await bob.close();
});

test('who may not change rules tries them, and nothing is kept', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/connectors/acme-onelogin/rules');
  await page.getByRole('button', { name: 'Add an entry to “Never these groups”' }).click();
  await page.keyboard.type('of-a-viewer');
  await page.getByText('Only tried here').waitFor();
  await good('the editor of a viewer');
  await go('/connectors/acme-onelogin/rules/versions'); // leaving keeps what is to be kept
  await go('/connectors/acme-onelogin/rules');
  assert.equal(await page.getByLabel('Text of entry 1 of “Never these groups”').count(), 0);
  assert.equal((await muster.api('GET', '/connectors/acme-onelogin/rules/draft')).rules, undefined);
  await close();
});

test('what is typed is judged at once, kept as a draft, and applies nothing', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  const before = await muster.api('GET', '/connectors/acme-okta/rules');
  const { groups } = await judge('acme-okta', before);
  const victim = groups.find((g) => g.assigned);
  await go('/connectors/acme-okta/rules');
  await page.getByRole('button', { name: 'Add an entry to “Only these groups”' }).click();
  const text = page.getByLabel('Text of entry 1 of “Only these groups”');
  assert.ok(await text.evaluate((e) => e === document.activeElement), 'the new field has the focus');
  await text.pressSequentially('matches-nobody');
  await page.getByText('Matches nothing seen so far').waitFor();
  assert.ok(await text.evaluate((e) => e === document.activeElement), 'typing left the focus');
  await text.fill(victim.name);
  await page.getByText('1 group, assigned').waitFor();
  const others = groups.filter((g) => g.assigned).length - 1;
  await page.getByText(`${others} groups are judged otherwise than now.`).waitFor();
  await page.getByLabel('How entry 1 of “Only these groups” compares').selectOption('matches');
  await text.fill('jira-(');
  await page.getByText(/^It is not a valid regular expression/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Plan the change' }).isDisabled(), true);
  await good('the editor with a mistake');
  await page.getByRole('button', { name: 'Mean exactly this name' }).click();
  await page.getByText('Matches nothing seen so far').waitFor();

  await page.getByLabel('Name of a group').fill('some-admins');
  await page.getByText(/acme-okta sends this group, but neverAssign pattern/).waitFor();

  await page.getByText('Draft, kept', { exact: true }).waitFor();
  assert.deepEqual((await muster.api('GET', '/connectors/acme-okta/rules/draft')).rules.onlyAssign, [{ is: 'jira-(' }], 'the server keeps the draft');
  await page.reload();
  await settled();
  assert.equal(await text.inputValue(), 'jira-(', 'the draft outlived the page');
  assert.deepEqual(await muster.api('GET', '/connectors/acme-okta/rules'), before, 'nothing was applied');
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await page.getByText('In force', { exact: true }).waitFor();
  assert.equal(await text.count(), 0);
  await until(async () => (await muster.api('GET', '/connectors/acme-okta/rules/draft')).rules === undefined);
  await good('the editor without a draft');
  await close();
});

test('many names are pasted at once, and entries come and go by keyboard', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/acme-okta/rules');
  await page.getByRole('button', { name: 'Paste many names into “Never these groups”' }).click();
  await page.getByLabel('Names, one in each line').fill('one\n two \n\none\nthree');
  await page.getByText('3 to add').waitFor();
  await good('the dialog of many names');
  await page.getByRole('button', { name: 'Add 3' }).click();
  const fourth = page.getByLabel('Text of entry 4 of “Never these groups”');
  assert.equal(await fourth.inputValue(), 'three');
  await fourth.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('five');
  assert.equal(await page.getByLabel('Text of entry 5 of “Never these groups”').inputValue(), 'five');
  await page.getByRole('button', { name: 'Remove entry 2 of “Never these groups”' }).focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Text of entry 2 of “Never these groups”');
  assert.equal(await fourth.inputValue(), 'five');
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await close();
});

test('a plan shows losses first, asks why, applies, and leads back', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors/acme-okta/rules');
  await page.getByText('Begin with rules that others use').click();
  await page.getByRole('button', { name: 'People only, no groups' }).click();
  await page.getByRole('button', { name: 'Remove entry 1 of “Who is in these stays”' }).click();
  await page.getByText('0 assigned').waitFor();
  await page.getByRole('button', { name: 'Plan the change' }).click();
  await page.getByRole('heading', { name: 'Plan: A change of rules' }).waitFor();
  await settled();
  const id = new URL(page.url()).pathname.split('/').pop();
  const plan = await muster.api('GET', `/connectors/acme-okta/plans/${id}`);
  assert.ok(plan.losses.memberships > 0);
  await page.getByText(`${plan.counts.membershipsRemoved} memberships removed`).waitFor();
  await page.getByRole('cell', { name: 'Leaves the group' }).first().waitFor();
  await good('the plan');

  const counted = async (by) => (await muster.api('GET', `/connectors/acme-okta/plans/${id}/totals?by=${by}`)).items;
  await page.getByRole('link', { name: 'By group' }).click();
  const [group] = await counted('group');
  await page.getByRole('region', { name: 'Changes of the plan by group' }).getByRole('row').nth(1).getByText(`−${group.losses}`).waitFor();
  await good('the plan by group');
  await page.getByRole('link', { name: 'By user' }).click();
  const [user] = await counted('user');
  await page.getByRole('rowheader', { name: user.user.userName }).waitFor();
  await page.getByRole('link', { name: 'By reason' }).click();
  const [reason] = await counted('reason');
  await page.getByRole('rowheader', { name: reason.because.sentence }).waitFor();
  await good('the plan by reason');
  await page.getByRole('button', { name: `The lines of ${reason.because.code}` }).first().click();
  await page.getByText('Only for the reason').waitFor();
  await page.getByRole('cell', { name: 'Leaves the group' }).first().waitFor();
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Something is lost: say why.').waitFor();
  await page.getByRole('textbox', { name: 'Why' }).fill('nobody uses them');
  const losses = plan.losses.memberships + plan.losses.users + plan.losses.keys;
  if (plan.aboveLimits) {
    await page.getByRole('button', { name: 'Apply the plan' }).click();
    await page.getByText(`This is not ${losses}.`).waitFor();
    await good('the plan that is not confirmed');
    await page.getByLabel(`Type ${losses} to confirm the losses`).fill(String(losses));
  }
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByRole('heading', { name: 'Applying a plan' }).waitFor();
  await page.getByText('Done', { exact: true }).waitFor();
  await good('the job');
  assert.deepEqual((await muster.api('GET', '/connectors/acme-okta/rules')).neverAssign, [{ matches: '.*' }]);

  await page.getByRole('button', { name: 'Plan the way back' }).click();
  await page.getByRole('heading', { name: 'Plan: A change of rules' }).waitFor();
  await page.getByText(`${plan.counts.membershipsRemoved} memberships added`).waitFor();
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  assert.deepEqual((await muster.api('GET', '/connectors/acme-okta/rules')).neverAssign, ['.*-admins']);
  await close();
});

test('a plan that has become another one is not applied, and the new one is shown', async () => {
  const made = await muster.connector({ slug: 'moving', mode: 'live' });
  const users = [];
  for (const name of ['ada', 'bob']) {
    const user = await muster.scim('moving', made.token, 'POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${name}@moving.example`, active: true });
    users.push({ value: (await user.json()).id });
  }
  const group = await (await muster.scim('moving', made.token, 'POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'movers', members: users.slice(0, 1) })).json();
  const plan = await muster.api('POST', '/connectors/moving/plans', { rules: { neverAssign: ['movers'] } });
  const { page, go, good, close } = await openPage(browser, muster, { expected: [409] });
  await go(`/connectors/moving/plans/${plan.id}`);
  await page.getByText('1 membership removed').waitFor();
  await page.getByText('What changes in the rules: 1 line', { exact: true }).waitFor();
  await page.locator('.difference li', { hasText: 'movers' }).waitFor();
  await muster.scim('moving', made.token, 'PATCH', `/Groups/${group.id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'members', value: users.slice(1) }] });
  await page.getByRole('textbox', { name: 'Why' }).fill('they moved');
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Nothing was applied: something has changed since').waitFor();
  await page.getByRole('rowheader', { name: 'bob@moving.example' }).waitFor();
  assert.deepEqual((await muster.api('GET', '/connectors/moving/rules')).neverAssign, []);
  await good('the plan made anew');
  await close();
});

test('two versions are compared, and the older one comes back as a draft', async () => {
  const before = await muster.api('GET', '/connectors/acme-entra/rules');
  await muster.api('PUT', '/connectors/acme-entra/rules', { ...before, onlyAssign: [{ startsWith: 'eng-' }], safety: { ...before.safety, losses: 7 }, mapping: { ...before.mapping, steps: [{ target: 'title', expression: 'record.title' }] } });
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors/acme-entra/rules');
  await page.getByRole('link', { name: 'Versions', exact: true }).click();
  await page.getByRole('heading', { name: 'From version 1 to 2' }).waitFor();
  await page.getByText('starts with eng-').waitFor();
  await page.getByText('Users disabled or deleted: 7').waitFor();
  await page.getByText(/title, always: from title/).waitFor();
  await good('two versions');
  await page.getByLabel('With', { exact: true }).selectOption('1');
  await page.getByText('They are the same.').waitFor();
  await page.getByRole('button', { name: 'Take version 1 as a draft' }).click();
  await page.getByText('Draft, kept', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Plan the change' }).click();
  await page.getByRole('heading', { name: 'Plan: A change of rules' }).waitFor();
  await settled();
  const plan = await muster.api('GET', `/connectors/acme-entra/plans/${new URL(page.url()).pathname.split('/').pop()}`);
  assert.deepEqual([plan.draft.rules.onlyAssign, plan.draft.rules.safety.losses], [[], before.safety.losses], 'the whole version is planned, its settings too');
  await close();
});
