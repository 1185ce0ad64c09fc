// Every page, with an address at which the data of harness/world.mjs shows it. A test fails when
// a route is missing here. One route may be looked at in several states.
export const routes = [
  { route: '/sign-in', name: 'sign-in', path: '/sign-in', signedIn: false },
  { route: '/sign-in', name: 'sign-in-problem', path: '/sign-in?problem=notInvited', signedIn: false },
  { route: '/setup', name: 'set-up-useless', path: '/setup#NOLONGER', signedIn: false, expected: [404] },
  { route: '/settings/account', name: 'account', path: '/settings/account' },
  { route: '/settings/account', name: 'account-everybody', path: '/settings/account?all=true' },
  { route: '/settings/administrators', name: 'administrators', path: '/settings/administrators' },
  { route: '/settings/administrators', name: 'administrators-barred', path: '/settings/administrators', as: 'viewer' },
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
  { route: '/connectors/$slug/jobs/$job', name: 'job', path: applied },
  { route: '/connectors/$slug/mode', name: 'mode', path: '/connectors/acme-okta/mode' },
  { route: '/connectors/$slug/mode', name: 'mode-observe', path: '/connectors/acme-entra/mode' },
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
export const frames = ['/', '/settings', '/connectors/$slug'];
