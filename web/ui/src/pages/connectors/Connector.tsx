import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';

import { problemOf } from '../../api/problem';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Note } from '../../parts/State';
import { TextLink } from '../../parts/links';
import { Answer } from '../../states/Answer';
import { credentialsOf, oneConnector } from './reading';
import { forget } from './secrets';
import { kindLabel, ModeState } from './words';

// tabs are the pages of a connector, in this order.
const tabs = [
  { to: '/connectors/$slug/setup', end: '/setup', label: 'Setup guide' },
  { to: '/connectors/$slug/credentials', end: '/credentials', label: 'Credentials' },
  { to: '/connectors/$slug/rules', end: '/rules', label: 'Rules' },
  { to: '/connectors/$slug/mapping', end: '/mapping', label: 'Mapping' },
  { to: '/connectors/$slug/cleanup', end: '/cleanup', label: 'Cleanup and safety' },
  { to: '/connectors/$slug/linking', end: '/linking', label: 'Linking' },
  { to: '/connectors/$slug/holds', end: '/holds', label: 'Held changes' },
  { to: '/connectors/$slug/mode', end: '/mode', label: 'Mode' },
  { to: '/connectors/$slug/settings', end: '/settings', label: 'Settings' },
] as const;

// inner are pages that are reached from those of the tabs.
const inner = [
  { part: '/rules/versions', label: 'Versions of the rules' },
  { part: '/plans/', label: 'Plan' },
  { part: '/jobs/', label: 'Job' },
];

// Connector is around the pages of one connector: its name, its mode, what is due, and the tabs.
export function Connector() {
  const { slug } = useParams({ from: '/shell/connectors/$slug' });
  const { pathname } = useLocation();
  const query = useQuery(oneConnector(slug));
  const tab = tabs.find((t) => pathname.endsWith(t.end)) ?? inner.find((i) => pathname.includes(i.part));
  useEffect(() => () => forget(slug), [slug]);
  const gone = query.isError && problemOf(query.error).status === 404;
  return (
    <Page key={slug} title={`${tab?.label ?? 'Connector'} of ${query.data?.name ?? slug}`} heading={<Name>{query.data?.name ?? slug}</Name>}>
      <Answer query={query} what="the connector">
        {(c) => (
          <>
            <Group gap="sm">
              <ModeState mode={c.mode} />
              <Text>{kindLabel(c.kind)} of <Name>{c.tenant}</Name>, into directory <Name>{c.directory}</Name></Text>
            </Group>
            <Ending slug={slug} />
            <nav aria-label="Pages of this connector" className="tabs">
              {tabs.map((t) => <Link key={t.to} to={t.to} params={{ slug }}>{t.label}</Link>)}
            </nav>
            <Outlet />
          </>
        )}
      </Answer>
      {gone && <Text><TextLink to="/connectors">All connectors</TextLink></Text>}
    </Page>
  );
}

// Ending warns of credentials that end soon or have ended.
function Ending({ slug }: { slug: string }) {
  const { data } = useQuery(credentialsOf(slug));
  const ending = data?.filter((c) => c.warning !== undefined && c.warning !== '') ?? [];
  if (ending.length === 0) return null;
  return (
    <Note tone={ending.some((c) => c.state === 'expired') ? 'bad' : 'warn'} title="A credential ends">
      {ending.map((c) => <p key={c.id} style={{ margin: '0.25rem 0' }}><Name>{c.name}</Name>: {c.warning}</p>)}
    </Note>
  );
}
