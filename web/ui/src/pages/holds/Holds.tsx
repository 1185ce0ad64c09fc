import { Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { Heading } from '../../parts/Heading';
import { Name } from '../../parts/Name';
import { useBarred } from '../../parts/roles';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Decide, type Decision } from './Decide';
import { holdsOf, type HoldFilter } from './reading';
import { heldWords, holdWords, sum } from './words';

type Hold = Schema<'Hold'>;

// Holds are the changes of a connector that its safety limits keep from happening, and where
// somebody decides about them.
export function Holds() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/holds' });
  const filter = useSearch({ from: '/shell/connectors/$slug/holds' });
  const navigate = useNavigate();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<Decision | null>(null);
  const query = useInfiniteQuery(holdsOf(slug, filter));
  const barred = useBarred('ruleEditor');
  const set = (change: HoldFilter) => { setPicked(new Set()); void navigate({ to: '/connectors/$slug/holds', params: { slug }, search: { ...filter, ...change }, replace: true }); };
  const narrowed = Object.values(filter).some((value) => value !== undefined);

  function pick(id: string, on: boolean) {
    const next = new Set(picked);
    if (on) next.add(id);
    else next.delete(id);
    setPicked(next);
  }
  const columns: Column<Hold>[] = [
    { head: 'User', cell: (h) => (barred !== undefined ? <div className="wide-cell"><Name>{h.user.userName}</Name></div> : <Checkbox className="wide-cell" checked={picked.has(h.id)} onChange={(e) => pick(h.id, e.currentTarget.checked)} label={<Name>{h.user.userName}</Name>} aria-label={`${h.user.userName}: ${holdWords[h.op]} ${h.group?.displayName ?? ''}`} />) },
    { head: 'Would', cell: (h) => <>{holdWords[h.op]}{h.group?.displayName !== undefined && <> <Name>{h.group.displayName}</Name></>}{h.attribute !== undefined && <>: <code>{h.attribute}</code> from <Name>{h.before ?? ''}</Name> to <Name>{h.after ?? ''}</Name></>}</> },
    { head: 'Because', cell: (h) => <div className="wide-cell">{h.because.sentence}</div> },
    { head: 'Held because', cell: (h) => <div className="wide-cell">{h.why}</div> },
    { head: 'Since', cell: (h) => <When at={h.since} /> },
  ];
  return (
    <Stack>
      <Heading>Held changes</Heading>
      <Text>The identity provider was answered as always, and reads back what it wrote. The directory stays as it is until somebody decides; what is added goes on.</Text>
      <Answer query={query} what="the held changes" lines={5}>
        {(data) => {
          const counts = data.pages[0]!.counts;
          const rows = data.pages.flatMap((page) => page.items);
          const shown = rows.filter((h) => picked.has(h.id)).map((h) => h.id);
          if (sum(counts) === 0 && !narrowed) return <Empty title="Nothing is held">When a connector takes away more than its safety limits let through, what goes over them waits here for a decision.</Empty>;
          const kinds = <NativeSelect label="Show" value={filter.kind ?? ''} onChange={(e) => set({ kind: (e.currentTarget.value || undefined) as HoldFilter['kind'] })} maw="20rem"
            data={[{ value: '', label: 'Everything' }, { value: 'membership', label: 'Memberships' }, { value: 'disable', label: 'Disabling' }, { value: 'delete', label: 'Deleting' }, { value: 'key', label: 'Renaming' }]} />;
          if (rows.length === 0) return <>{kinds}<Empty title="None is like this" action={<Button variant="default" onClick={() => set({ kind: undefined, user: undefined, group: undefined })}>Clear the filters</Button>}>Nothing that is held fits the filters.</Empty></>;
          const all: Decision['of'] = narrowed ? { filter } : { all: true };
          const what = narrowed ? 'these' : 'all';
          return (
            <>
              <Text fw={600} role="status">{heldWords(counts)}{shown.length > 0 && `; ${shown.length} picked`}</Text>
              {kinds}
              {barred !== undefined ? <Text c="var(--mute)">{barred}</Text> : (
                <Group gap="sm">
                  {shown.length > 0 && <Button variant="default" onClick={() => setAsking({ decision: 'apply', of: { ids: shown }, count: shown.length })}>Apply the {shown.length} picked</Button>}
                  {shown.length > 0 && <Button variant="default" onClick={() => setAsking({ decision: 'discard', of: { ids: shown }, count: shown.length })}>Discard the {shown.length} picked</Button>}
                  <Button color="bad" variant="outline" onClick={() => setAsking({ decision: 'apply', of: all, count: sum(counts) })}>Apply {what} {sum(counts)}</Button>
                  <Button variant="default" onClick={() => setAsking({ decision: 'discard', of: all, count: sum(counts) })}>Discard {what} {sum(counts)}</Button>
                </Group>
              )}
              <DataTable caption="Held changes" columns={columns} rows={rows} id={(h) => h.id} />
              {query.hasNextPage && <Group><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button></Group>}
            </>
          );
        }}
      </Answer>
      {asking !== null && <Decide slug={slug} asked={asking} onClose={() => setAsking(null)} onDone={() => { setAsking(null); setPicked(new Set()); }} />}
    </Stack>
  );
}
