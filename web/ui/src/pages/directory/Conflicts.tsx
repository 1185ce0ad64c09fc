import { Button, Group, NativeSelect, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import type { Schema } from '../../api/client';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { conflictCounts, conflictsOf, oneConflict } from './reading';
import { OneConflict } from './OneConflict';
import { Pager } from './Pager';
import type { ConflictFilter } from './routes';
import { Count, Where } from './Where';
import { conflictKinds, decisions } from './words';

// Conflicts is what linking or settling could not do by itself, and waits for somebody: records
// without a user, names that are taken, groups of others.
export function Conflicts() {
  const filter = useSearch({ from: '/shell/conflicts' });
  const navigate = useNavigate();
  const set = (change: ConflictFilter) => void navigate({ to: '/conflicts', search: { ...filter, cursor: undefined, open: undefined, ...change }, replace: !('cursor' in change), resetScroll: !('open' in change) });
  return (
    <Page title="Conflicts">
      <Text>What Muster could not decide by itself. The IdPs got their answers; the directory stays as it is until somebody decides.</Text>
      <Where>{(d) => <All d={d} filter={filter} set={set} />}</Where>
    </Page>
  );
}

interface Props {
  d: string;
  filter: ConflictFilter;
  set: (change: ConflictFilter) => void;
}

function All({ d, filter, set }: Props) {
  const query = useQuery(conflictsOf(d, filter));
  const counts = useQuery(conflictCounts(d, filter));
  const kinds = counts.data?.kinds ?? [];
  const narrowed = filter.kind !== undefined || filter.connector !== undefined || filter.user !== undefined;
  return (
    <>
      <Group gap="sm" align="flex-end">
        <SegmentedControl aria-label="State" value={filter.state ?? 'open'} onChange={(state) => set({ state: state === 'open' ? undefined : state as ConflictFilter['state'], kind: undefined })}
          data={[{ value: 'open', label: 'Open' }, { value: 'decided', label: 'Decided' }, { value: 'all', label: 'All' }]} />
        <NativeSelect label="Kind" value={filter.kind ?? ''} onChange={(e) => set({ kind: e.currentTarget.value || undefined })}>
          <option value="">All kinds</option>
          {filter.kind !== undefined && !kinds.some((k) => k.kind === filter.kind) && <option value={filter.kind}>{conflictKinds[filter.kind] ?? filter.kind}</option>}
          {kinds.map((k) => <option key={k.kind} value={k.kind}>{conflictKinds[k.kind] ?? k.kind} ({k.count})</option>)}
        </NativeSelect>
        {(filter.connector !== undefined || filter.user !== undefined) && <Button variant="default" onClick={() => set({ connector: undefined, user: undefined })}>Of every {filter.connector === undefined ? 'user' : 'connector'}</Button>}
      </Group>
      <Answer query={query} what="the conflicts" lines={8}>
        {({ items, next }) => items.length === 0
          ? <None narrowed={narrowed} state={filter.state} set={set} />
          : (
            <>
              {filter.open !== undefined && !items.some((c) => c.id === filter.open) && <Elsewhere d={d} id={filter.open} close={() => set({ ...filter, open: undefined })} />}
              <Count n={items.length} more={(next ?? undefined) !== undefined || filter.cursor !== undefined} what={items.length === 1 ? 'conflict' : 'conflicts'} />
              <Stack gap="sm" component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
                {items.map((c) => <Item key={c.id} d={d} conflict={c} open={filter.open === c.id} toggle={() => set({ ...filter, open: filter.open === c.id ? undefined : c.id })} />)}
              </Stack>
              <Pager cursor={filter.cursor} next={next} go={(cursor) => set({ cursor })} />
            </>
          )}
      </Answer>
    </>
  );
}

// Elsewhere is a conflict that a link leads to and that stands on another page of the list.
function Elsewhere({ d, id, close }: { d: string; id: string; close: () => void }) {
  const { data } = useQuery(oneConflict(d, id));
  if (data === undefined) return null;
  return <ul style={{ listStyle: 'none', padding: 0, margin: 0 }}><Item d={d} conflict={data} open toggle={close} /></ul>;
}

function None({ narrowed, state, set }: { narrowed: boolean; state: ConflictFilter['state']; set: Props['set'] }) {
  if (narrowed) return <Empty title="None is like this" action={<Button variant="default" onClick={() => set({ kind: undefined, connector: undefined, user: undefined })}>Clear the filters</Button>}>No conflict {state === 'decided' ? 'that is decided ' : ''}is of this kind.</Empty>;
  if (state === 'decided') return <Empty title="Nothing is decided yet">Decisions stay here, and links that were undone; each can be taken back.</Empty>;
  return <Empty title="No conflict">When a record might be several people, or somebody else’s, it waits here. Nothing does now.</Empty>;
}

interface ItemProps {
  d: string;
  conflict: Schema<'Conflict'>;
  open: boolean;
  toggle: () => void;
}

function Item({ d, conflict: c, open, toggle }: ItemProps) {
  const what = c.group?.displayName ?? c.candidates[0]?.userName ?? c.record?.id ?? c.id;
  return (
    <li className="panel">
      <Stack gap="xs">
        <Group gap="sm">
          <State tone={c.decision === undefined ? 'warn' : 'mute'}>{conflictKinds[c.kind] ?? c.kind}</State>
          {c.decision !== undefined && <Text span>{decisions[c.decision]}</Text>}
          {c.record !== undefined && <TextLink to="/connectors/$slug" params={{ slug: c.record.connector }}>{c.record.connector}</TextLink>}
          <Text span c="dimmed"><When at={c.created} /></Text>
        </Group>
        <Text><Name>{c.detail}</Name></Text>
        {c.user !== undefined && <Text><TextLink to="/users/$id" params={{ id: c.user.id }} search={{ in: d }}>The user<span className="visually-hidden"> of the conflict about {what}</span></TextLink></Text>}
        <Group><Button variant="default" aria-expanded={open} onClick={toggle}>{open ? 'Close' : c.decision === undefined ? 'Compare and decide' : 'Look at it'}<span className="visually-hidden">: {what}</span></Button></Group>
        {open && <OneConflict d={d} id={c.id} />}
      </Stack>
    </li>
  );
}
