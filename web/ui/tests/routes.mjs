import { hostile } from './harness/world.mjs';

// Every page, with an address at which the data of harness/world.mjs shows it. A test fails when
// a route is missing here. One route may be looked at in several states.
export const routes = [
  { route: '/sign-in', name: 'sign-in', path: '/sign-in', signedIn: false },
  { route: '/sign-in', name: 'sign-in-problem', path: '/sign-in?problem=notInvited', signedIn: false },
  { route: '/setup', name: 'set-up-useless', path: '/setup#NOLONGER', signedIn: false, expected: [404] },
  { route: '/connect-with', name: 'connect-with', path: shared, signedIn: false, expected: [401] },
  { route: '/connect-with', name: 'connect-with-useless', path: '/connect-with#NOLONGER', signedIn: false, expected: [401, 404] },
  { route: '/settings/account', name: 'account', path: '/settings/account' },
  { route: '/settings/account', name: 'account-everybody', path: '/settings/account?all=true' },
  { route: '/settings/administrators', name: 'administrators', path: '/settings/administrators' },
  { route: '/settings/administrators', name: 'administrators-barred', path: '/settings/administrators', as: 'viewer' },
  { route: '/settings/directories', name: 'directories', path: '/settings/directories' },
  { route: '/settings/directories/$d', name: 'directory-settings', path: '/settings/directories/main' },
  { route: '/settings/tenants', name: 'tenants', path: '/settings/tenants' },
  { route: '/settings/consumers', name: 'consumers', path: consumer },
  { route: '/settings/consumers/$id', name: 'consumer', path: async (muster) => `/settings/consumers/${(await consumers(muster)).id}?in=main` },
  { route: '/settings/webhooks', name: 'webhooks', path: webhook },
  { route: '/settings/webhooks/$id', name: 'webhook', path: async (muster) => `/settings/webhooks/${(await muster.api('GET', '/webhooks')).items[0].id}` },
  { route: '/settings/logging', name: 'logging', path: '/settings/logging' },
  { route: '/settings/about', name: 'about', path: '/settings/about' },
  { route: '/jobs', name: 'jobs', path: '/jobs' },
  { route: '/imports', name: 'imports', path: imported },
  { route: '/imports/$id', name: 'import', path: async (muster) => `/imports/${(await muster.api('GET', '/directories/main/imports')).items[0].id}` },
  { route: '/', name: 'overview', path: '/' },
  { route: '/', name: 'overview-numbers', path: '/?range=1h&as=table' },
  { route: '/activity', name: 'activity', path: '/activity' },
  { route: '/activity', name: 'activity-hostile', path: '/activity?connector=hostile' },
  { route: '/activity', name: 'activity-none', path: '/activity?q=nobodyscalledso' },
  { route: '/activity/$id', name: 'request', path: aRequest },
  { route: '/activity/$id', name: 'request-gone', path: '/activity/00000000-0000-7000-8000-000000000000', expected: [404] },
  { route: '/audit', name: 'audit', path: '/audit' },
  { route: '/audit', name: 'audit-hostile', path: '/audit?connector=hostile' },
  { route: '/connectors', name: 'connectors', path: '/connectors' },
  { route: '/connect', name: 'connect', path: '/connect' },
  { route: '/connect', name: 'connect-okta', path: '/connect?kind=okta' },
  { route: '/connectors/$slug/setup', name: 'setup', path: '/connectors/acme-okta/setup' },
  { route: '/connectors/$slug/setup', name: 'setup-waiting', path: '/connectors/acme-entra/setup' },
  { route: '/connectors/$slug/setup', name: 'setup-trouble', path: '/connectors/acme-onelogin/setup' },
  { route: '/connectors/$slug/setup', name: 'setup-hostile', path: '/connectors/hostile/setup' },
  { route: '/connectors/$slug/credentials', name: 'credentials', path: '/connectors/acme-okta/credentials' },
  { route: '/connectors/$slug/rules', name: 'rules', path: '/connectors/acme-okta/rules' },
  { route: '/connectors/$slug/rules', name: 'rules-hostile', path: '/connectors/hostile/rules?only=assigned' },
  { route: '/connectors/$slug/rules/versions', name: 'versions', path: '/connectors/acme-okta/rules/versions' },
  { route: '/connectors/$slug/holds', name: 'holds-none', path: '/connectors/acme-okta/holds' },
  { route: '/connectors/$slug/plans/$plan', name: 'plan-live', path: '/connectors/acme-entra/plans/live' },
  { route: '/connectors/$slug/plans/$plan', name: 'plan-losses', path: async (muster) => `/connectors/acme-okta/plans/${(await muster.api('POST', '/connectors/acme-okta/plans', { retire: 'disable' })).id}` },
  { route: '/connectors/$slug/plans/$plan', name: 'plan-rules', path: async (muster) => `/connectors/acme-okta/plans/${await otherRules(muster)}` },
  { route: '/connectors/$slug/plans/$plan', name: 'plan-by-group', path: async (muster) => `/connectors/acme-okta/plans/${(await muster.api('POST', '/connectors/acme-okta/plans', { retire: 'disable' })).id}?by=group` },
  { route: '/connectors/$slug/jobs/$job', name: 'job', path: applied },
  { route: '/connectors/$slug/mode', name: 'mode', path: '/connectors/acme-okta/mode' },
  { route: '/connectors/$slug/mode', name: 'mode-observe', path: '/connectors/acme-entra/mode' },
  { route: '/connectors/$slug/mapping', name: 'mapping', path: async (muster) => `/connectors/acme-okta/mapping?record=${await mapped(muster)}` },
  { route: '/connectors/$slug/mapping', name: 'mapping-nobody', path: '/connectors/acme-onelogin/mapping' },
  { route: '/connectors/$slug/cleanup', name: 'cleanup', path: '/connectors/acme-okta/cleanup' },
  { route: '/connectors/$slug/linking', name: 'linking', path: '/connectors/acme-okta/linking' },
  { route: '/connectors/$slug/linking', name: 'linking-nobody', path: '/connectors/acme-onelogin/linking' },
  { route: '/connectors/$slug/settings', name: 'connector-settings', path: '/connectors/acme-okta/settings' },
  { route: '/connectors/$slug/settings', name: 'connector-settings-barred', path: '/connectors/acme-okta/settings', as: 'viewer' },
  { route: '/users', name: 'users', path: '/users' },
  { route: '/users', name: 'users-found', path: '/users?q=mallory' },
  { route: '/users', name: 'users-none', path: '/users?status=deleted' },
  { route: '/users/$id', name: 'user-hostile', path: '/users/mallory@bad.example' },
  { route: '/users/$id', name: 'user-gone', path: '/users/nobody@acme.example' },
  { route: '/groups', name: 'groups', path: '/groups' },
  { route: '/groups/$id', name: 'group', path: '/groups/everyone' },
  { route: '/conflicts', name: 'conflicts', path: '/conflicts' },
  { route: '/why', name: 'why', path: '/why' },
  { route: '/why', name: 'why-answered', path: '/why?user=mallory@bad.example&group=everyone' },
];

// shared makes a set-up link.
async function shared(muster) {
  return `/connect-with#${(await muster.api('POST', '/connectors/acme-okta/setup-links', { name: 'Contoso IT' })).token}`;
}

// mapped gives a connector a mapping, and finds somebody to try it on.
async function mapped(muster) {
  const rules = await muster.api('GET', '/connectors/acme-okta/rules');
  await muster.api('PUT', '/connectors/acme-okta/rules', { ...rules, mapping: {
    steps: [{ target: 'nickName', expression: 'default(lower(record.name.givenName), record.nickName)' }, { target: 'userType', expression: '"Staff of " + record.title' }],
    renames: [{ from: 'jira-(.*)', to: 'issues-$1' }],
  } });
  const [{ userName }] = (await muster.api('GET', '/directories/main/users?limit=1')).items;
  return (await muster.api('GET', `/directories/main/lookup?q=${encodeURIComponent(userName)}`)).people[0].records[0].id;
}

// consumer lets an application in, webhook makes one, imported sends a file with a row of each kind.
async function consumer(muster) {
  if ((await consumers(muster)) === undefined) await muster.api('POST', '/directories/main/consumers', { name: 'Jira', attributes: ['userName', 'emails'], groups: ['jira-.*'] });
  return '/settings/consumers';
}
async function consumers(muster) {
  return (await muster.api('GET', '/directories/main/consumers')).items[0];
}
async function webhook(muster) {
  const { id } = await muster.api('POST', '/webhooks', { url: 'https://receiver.example.com/muster', description: hostile.slice(0, 200), types: ['user.*', 'membership.removed'] });
  await muster.api('PATCH', `/webhooks/${id}`, { state: 'disabled' });
  return '/settings/webhooks';
}
async function imported(muster) {
  const rows = `userName,email,displayName\n"grace@acme.example",grace@acme.example,"${hostile}"\n,,"=1+1"\n`;
  const answer = await fetch(`${muster.url}/api/v1/directories/main/imports?format=csv&name=${encodeURIComponent(hostile)}`, { method: 'POST', headers: { Authorization: `Bearer ${muster.token}`, 'Content-Type': 'text/csv' }, body: rows });
  if (!answer.ok) throw new Error(await answer.text());
  return '/imports';
}

// aRequest finds a request with hostile names, once it is kept.
async function aRequest(muster) {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const [found] = (await muster.api('GET', '/requests?connector=hostile&method=POST&status=2xx&limit=1')).items;
    if (found !== undefined) return `/activity/${found.id}`;
  }
  throw new Error('no request of the connector hostile is kept');
}

// otherRules plans rules that differ in several parts from those in force.
async function otherRules(muster) {
  const rules = await muster.api('GET', '/connectors/acme-okta/rules');
  const planned = { ...rules, neverAssign: [{ startsWith: 'eng' }], alwaysAssign: [...rules.alwaysAssign, 'everybody'], safety: { ...rules.safety, losses: 7 } };
  return (await muster.api('POST', '/connectors/acme-okta/plans', { rules: planned })).id;
}

// applied applies a plan and says where its job is.
async function applied(muster) {
  const { id, hash } = await muster.api('POST', '/connectors/acme-entra/plans', { rules: { neverRemove: ['local-staff'] } });
  const job = await muster.api('POST', `/connectors/acme-entra/plans/${id}/application`, { hash });
  return `/connectors/acme-entra/jobs/${job.id}`;
}

// find asks for the addresses that the data has made, where path is a function of the Muster.
export async function find(muster) {
  for (const r of routes) if (typeof r.path === 'function') r.path = await r.path(muster);
}

// frames are routes that only lead on, or that stand around others.
export const frames = ['/settings', '/connectors/$slug'];
