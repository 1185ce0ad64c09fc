import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { Where } from '../directory/Where';
import { oneImport } from './reading';
import { Rows } from './Rows';
import { counted, moving } from './words';

interface Props {
  d: string;
  read: Schema<'Import'>;
}

// Import is one import: what it would do or did, row by row, and the way to apply or cancel it.
export function Import() {
  const { id } = useParams({ from: '/shell/imports/$id' });
  return <Page title="An import"><Where>{(d) => <One key={`${d} ${id}`} d={d} id={id} />}</Where></Page>;
}

function One({ d, id }: { d: string; id: string }) {
  const { in: named } = useSearch({ from: '/shell/imports/$id' });
  const query = useQuery(oneImport(d, id));
  const cache = useQueryClient();
  const state = query.data?.state;
  useEffect(() => {
    if (state === 'done') void cache.invalidateQueries({ queryKey: ['directories', d], predicate: ({ queryKey }) => queryKey[2] !== 'imports' });
  }, [state, cache, d]);
  return (
    <Answer query={query} what="the import" lines={6}>
      {(read) => (
        <Stack>
          <Text><Name>{read.name ?? 'A file'}</Name>, begun <When at={read.createdAt} />{read.createdBy !== undefined && <> by <Name>{read.createdBy}</Name></>}.{read.comment !== undefined && <> Because: <Name>{read.comment}</Name></>}</Text>
          <div role="status"><Standing read={read} /></div>
          <Counts read={read} />
          <Acts d={d} read={read} />
          <Rows d={d} read={read} />
          <TextLink to="/imports" search={{ in: named }}>All imports</TextLink>
        </Stack>
      )}
    </Answer>
  );
}

function Standing({ read }: { read: Schema<'Import'> }) {
  const rows = read.rows.toLocaleString('en');
  switch (read.state) {
    case 'receiving':
      return <Note tone="info" title="Coming in">{rows} rows so far. You can leave this page.</Note>;
    case 'checking':
      return <Moving read={read} word="Checked" />;
    case 'running':
      return <Moving read={read} word="Applied" />;
    case 'ready':
      return <Note tone="info" title="Nothing is done yet">This is what its {rows} rows would do. It waits a week to be applied.</Note>;
    case 'done':
      return <Note tone="ok" title="Done">Applied{read.finishedAt !== undefined && <>, <When at={read.finishedAt} /></>}.</Note>;
    case 'cancelled':
      return <Note tone="warn" title="Cancelled">{read.startedAt === undefined ? 'Nothing was done.' : 'What it had done before stays.'}</Note>;
    default:
      return <Note tone="bad" title="Failed">{read.problem ?? 'The server did not say why.'}</Note>;
  }
}

function Moving({ read, word }: { read: Schema<'Import'>; word: string }) {
  return (
    <Stack gap="xs">
      <Text>{word} {read.done.toLocaleString('en')} of {read.total.toLocaleString('en')} rows</Text>
      <Progress value={read.total === 0 ? 0 : (100 * read.done) / read.total} aria-label="Progress of the import" />
      <Text c="dimmed">You can leave this page; it goes on.</Text>
    </Stack>
  );
}

function Counts({ read }: { read: Schema<'Import'> }) {
  const happened = read.startedAt !== undefined;
  const counts = counted(happened ? read.applied : read.planned);
  if (counts.length === 0) return read.state === 'ready' || read.state === 'done' ? <Text>{happened ? 'It did nothing.' : 'It would do nothing.'}</Text> : null;
  return <ul className="summary" aria-label={happened ? 'What it did' : 'What it would do'}>{counts.map((c) => <li key={c.text} className={`tone-${c.tone}`}>{c.text}</li>)}</ul>;
}

// Acts applies what was read, by its hash, or cancels.
function Acts({ d, read }: Props) {
  const [cancelling, setCancelling] = useState(false);
  const cache = useQueryClient();
  const key = ['directories', d, 'imports', read.id];
  const took = (now: Schema<'Import'>, words: string) => {
    cache.setQueryData(key, now);
    void cache.invalidateQueries({ queryKey: ['directories', d, 'imports'] });
    announce(words);
    setCancelling(false);
  };
  const path = { d, id: read.id };
  const apply = useMutation({
    mutationFn: () => ask(api.POST('/directories/{d}/imports/{id}/application', { params: { path }, body: { hash: read.hash ?? '' } })),
    onSuccess: (now) => took(now, 'The import is being applied.'),
  });
  const cancel = useMutation({
    mutationFn: () => ask(api.POST('/directories/{d}/imports/{id}/cancellation', { params: { path }, body: {} })),
    onSuccess: (now) => took(now, 'Cancelled the import.'),
  });
  if (!moving(read.state) && read.state !== 'ready') return null;
  return (
    <Allowed role="ruleEditor" deployment>
      <Stack gap="sm">
        {apply.isError && <Failed error={apply.error} what="Applying the import" />}
        <Group gap="sm">
          {read.state === 'ready' && <Button loading={apply.isPending} onClick={() => apply.mutate()}>Apply it</Button>}
          <Button variant="default" onClick={() => setCancelling(true)}>Cancel this import</Button>
        </Group>
      </Stack>
      {cancelling && (
        <Dialog title="Cancel this import?" onClose={() => setCancelling(false)}>
          <Stack>
            <Text>{read.state === 'running' ? `${read.done.toLocaleString('en')} of ${read.total.toLocaleString('en')} rows are applied; what they did stays. The others do nothing.` : 'Nothing of it is done, and it cannot be applied any more. The file can be sent again.'}</Text>
            {cancel.isError && <Failed error={cancel.error} what="Cancelling the import" />}
            <Group justify="flex-end">
              <Button variant="default" data-autofocus onClick={() => setCancelling(false)}>Keep it</Button>
              <Button color="bad" loading={cancel.isPending} onClick={() => cancel.mutate()}>Cancel it</Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </Allowed>
  );
}
