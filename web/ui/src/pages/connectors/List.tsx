import { Button, Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus, IconSearch } from '../../parts/icons';
import { ButtonLink, TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Allowed } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { LastHeard } from './LastHeard';
import { everyConnector } from './reading';
import type { ConnectorFilter } from './routes';
import { kindLabel, ModeState } from './words';

type Connector = Schema<'Connector'>;

const page = 50; // rows shown at once; each asks how its IdP gets on

const columns: Column<Connector>[] = [
  { head: 'Name', cell: (c) => <TextLink to="/connectors/$slug" params={{ slug: c.slug }}><Name>{c.name}</Name></TextLink> },
  { head: 'Tenant', cell: (c) => <Name>{c.tenant}</Name> },
  { head: 'Identity provider', cell: (c) => kindLabel(c.kind) },
  { head: 'Mode', cell: (c) => <ModeState mode={c.mode} /> },
  { head: 'Last good request', cell: (c) => <LastHeard slug={c.slug} /> },
  { head: 'Directory', cell: (c) => <Name>{c.directory}</Name> },
];

// List is every connector there is, narrowed by what the address says.
export function List() {
  const query = useQuery(everyConnector());
  return (
    <Page title="Connectors" actions={<Allowed role="ruleEditor" deployment><ButtonLink to="/connect" leftSection={<IconPlus />}>Add connector</ButtonLink></Allowed>}>
      <Answer query={query} what="the connectors" lines={6}>
        {(all) => all.length === 0
          ? (
            <Empty title="No connector yet" action={<Allowed role="ruleEditor" deployment><ButtonLink to="/connect" leftSection={<IconPlus />}>Add the first connector</ButtonLink></Allowed>}>
              A connector is how one identity provider, such as Okta or Microsoft Entra ID, provisions into Muster. Making one takes a minute, and nothing it sends is applied until you say so.
            </Empty>
          )
          : <Narrowed all={all} />}
      </Answer>
    </Page>
  );
}

function Narrowed({ all }: { all: Connector[] }) {
  const filter = useSearch({ from: '/shell/connectors' });
  const navigate = useNavigate();
  const [shown, setShown] = useState(page);
  const wanted = useDeferredValue(filter.q?.toLowerCase() ?? '');
  const found = all.filter((c) => (filter.mode === undefined || c.mode === filter.mode)
    && [c.name, c.slug, c.tenant, c.directory, kindLabel(c.kind)].some((text) => text.toLowerCase().includes(wanted)));
  const set = (change: ConnectorFilter) => void navigate({ to: '/connectors', search: { ...filter, ...change }, replace: true });
  return (
    <>
      <Group gap="sm" align="flex-end">
        <TextInput label="Find" type="search" placeholder="Name, tenant, product" leftSection={<IconSearch />} value={filter.q ?? ''} onChange={(e) => set({ q: e.currentTarget.value || undefined })} />
        <SegmentedControl aria-label="Mode" value={filter.mode ?? 'all'} onChange={(mode) => set({ mode: mode === 'all' ? undefined : mode as ConnectorFilter['mode'] })}
          data={[{ value: 'all', label: 'All' }, { value: 'live', label: 'Live' }, { value: 'observe', label: 'Observe' }, { value: 'disabled', label: 'Disabled' }]} />
      </Group>
      <Text role="status" c="dimmed">{found.length === all.length ? `${all.length} connectors` : `${found.length} of ${all.length} connectors`}</Text>
      {found.length === 0
        ? (
          <Empty title="None is like this" action={<Button variant="default" onClick={() => set({ q: undefined, mode: undefined })}>Clear the filters</Button>}>
            No connector{filter.mode === undefined ? '' : ` in mode ${filter.mode}`}{filter.q === undefined ? '' : <> has “<Name>{filter.q}</Name>” in its name, tenant, directory or product</>}.
          </Empty>
        )
        : <DataTable caption="Connectors" columns={columns} rows={found.slice(0, shown)} id={(c) => c.slug} />}
      {found.length > shown && <Group><Button variant="default" onClick={() => setShown(shown + page)}>Show {Math.min(page, found.length - shown)} more</Button></Group>}
    </>
  );
}
