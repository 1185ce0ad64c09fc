import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { expectedOf } from './reading';

// Expected announces a large change: for a while the limits do not count. It takes effect at once.
export function Expected({ slug }: { slug: string }) {
  const query = useQuery(expectedOf(slug));
  const cache = useQueryClient();
  const again = () => cache.invalidateQueries({ queryKey: expectedOf(slug).queryKey });
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/connectors/{c}/expected-change', { params: { path: { c: slug } } })),
    onSuccess: async () => { await again(); announce('The window is ended: the limits count again.'); },
  });
  return (
    <Stack component="section" gap="sm" aria-labelledby="expected">
      <Title order={2} id="expected">A large change that is expected</Title>
      <Text maw="46rem">When many people are about to leave, announce it. Until the window ends, everything that this connector takes away takes effect, and none of it counts. What is held already waits for its decision.</Text>
      <Answer query={query} what="the window" lines={2}>
        {(window) => (window.until != null
          ? (
            <Note tone="warn" title={<>Announced: the limits do not count, ending <When at={window.until} /></>}>
              <p style={{ margin: '0.25rem 0 0.5rem' }}><Name>{window.reason}</Name> (announced <When at={window.since} /> by <Name>{window.by}</Name>)</p>
              <Allowed role="ruleEditor" deployment><Button variant="default" size="compact-md" mih={36} loading={end.isPending} onClick={() => end.mutate()}>End it now</Button></Allowed>
            </Note>
          )
          : <Allowed role="ruleEditor" deployment><Announce slug={slug} onDone={again} /></Allowed>)}
      </Answer>
      {end.isError && <Failed error={end.error} what="Ending the window" />}
    </Stack>
  );
}

const lengths = [{ value: '30m', label: '30 minutes' }, { value: '1h', label: '1 hour' }, { value: '2h', label: '2 hours' }, { value: '4h', label: '4 hours' }];

function Announce({ slug, onDone }: { slug: string; onDone: () => Promise<void> }) {
  const [length, setLength] = useState('1h');
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const start = useMutation({
    mutationFn: () => ask(api.PUT('/connectors/{c}/expected-change', { params: { path: { c: slug } }, body: { for: length, reason: reason.trim() } })),
    onSuccess: async () => { await onDone(); announce('Announced: the limits do not count for now.'); },
  });
  const problem = start.isError ? problemOf(start.error) : undefined;
  function submit(event: FormEvent) {
    event.preventDefault();
    setMissing(reason.trim() === '');
    if (reason.trim() !== '' && !start.isPending) start.mutate();
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack maw="30rem" gap="sm">
        <NativeSelect label="For" value={length} data={lengths} error={problem?.at('body.for')} onChange={(e) => setLength(e.currentTarget.value)} />
        <TextInput label="What is expected" required description="The audit keeps it." maxLength={1024} value={reason} error={missing ? 'Say what is expected.' : problem?.at('body.reason')} onChange={(e) => setReason(e.currentTarget.value)} />
        {problem !== undefined && problem.at('body.for') === undefined && problem.at('body.reason') === undefined && <Failed error={problem} what="Announcing" />}
        <Group><Button type="submit" variant="default" loading={start.isPending}>Announce</Button></Group>
      </Stack>
    </form>
  );
}
