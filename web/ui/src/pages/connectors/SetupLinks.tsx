import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Copyable } from '../../parts/Copyable';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { useBarred } from '../../parts/roles';
import { Note, State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { setupLinksOf } from './reading';

type SetupLink = Schema<'ConnectorLink'>;

// SetupLinks are links for the administrator of the identity provider, where that is somebody
// else: they connect it without signing in here.
export function SetupLinks({ slug }: { slug: string }) {
  const query = useQuery(setupLinksOf(slug));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Schema<'MadeConnectorLink'>>(); // with its secret, which is shown this once
  const [ending, setEnding] = useState<SetupLink>();
  const barred = useBarred('ruleEditor');
  return (
    <Stack component="section" className="panel" gap="sm" aria-labelledby="setup-links">
      <Title order={2} id="setup-links">Does somebody else run it?</Title>
      <Text>Send them a set-up link instead of a token. They see this guide, make one credential and see whether it works; nothing else of Muster.</Text>
      {made !== undefined && (
        <Note tone="info" title={`The link for ${made.name}, shown this once`}>
          <Copyable text={made.url} what="set-up link" />
          <Text mt="xs">Who has it can use it, until <When at={made.expiresAt} />.</Text>
          <Button mt="xs" variant="default" onClick={() => setMade(undefined)}>I have sent it</Button>
        </Note>
      )}
      <Answer query={query} what="the set-up links" lines={2}>
        {(links) => links.length > 0 && (
          <Stack component="ul" gap="xs" style={{ listStyle: 'none', padding: 0, margin: 0 }} aria-label="Set-up links">
            {links.map((link) => (
              <li key={link.id}>
                <Group gap="sm" justify="space-between">
                  <span><Name>{link.name}</Name> {link.usedAt === undefined ? <State tone="info">Not used yet</State> : <State tone="ok">Made its credential</State>} <Text span c="dimmed">ends <When at={link.expiresAt} /></Text></span>
                  {barred === undefined && <Button color="bad" variant="outline" size="compact-md" mih={36} aria-label={`End the link for ${link.name}`} onClick={() => setEnding(link)}>End</Button>}
                </Group>
              </li>
            ))}
          </Stack>
        )}
      </Answer>
      {barred === undefined ? <Group><Button variant="default" onClick={() => setMaking(true)}>Make a set-up link</Button></Group> : <Text c="var(--mute)">{barred}</Text>}
      {making && <Make slug={slug} onClose={() => setMaking(false)} onMade={(link) => { setMade(link); setMaking(false); }} />}
      {ending !== undefined && <End slug={slug} link={ending} onClose={() => setEnding(undefined)} />}
    </Stack>
  );
}

function Make({ slug, onClose, onMade }: { slug: string; onClose: () => void; onMade: (link: Schema<'MadeConnectorLink'>) => void }) {
  const [name, setName] = useState('');
  const [days, setDays] = useState('3');
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/setup-links', { params: { path: { c: slug } }, body: { name: name.trim(), expiresAt: new Date(Date.now() + Number(days) * 86_400_000).toISOString() } })),
    onSuccess: (link) => {
      announce('Made the set-up link. It is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: setupLinksOf(slug).queryKey });
      onMade(link);
    },
  });
  const at = make.isError ? problemOf(make.error).at('body.name') : undefined;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }
  return (
    <Dialog title="Make a set-up link" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus label="For whom" required maxLength={256} description="The audit names them, and the credential is called after them." value={name} error={at} onChange={(e) => setName(e.currentTarget.value)} />
          <NativeSelect label="It ends" value={days} onChange={(e) => setDays(e.currentTarget.value)} data={[{ value: '1', label: 'in a day' }, { value: '3', label: 'in 3 days' }, { value: '7', label: 'in a week' }, { value: '30', label: 'in 30 days' }]} />
          {make.isError && at === undefined && <Failed error={make.error} what="Making the link" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function End({ slug, link, onClose }: { slug: string; link: SetupLink; onClose: () => void }) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/connectors/{c}/setup-links/{id}', { params: { path: { c: slug, id: link.id } } })),
    onSuccess: () => {
      announce('Ended the set-up link.');
      void cache.invalidateQueries({ queryKey: setupLinksOf(slug).queryKey });
      onClose();
    },
  });
  return (
    <Dialog title={`End the link for ${link.name}?`} onClose={onClose}>
      <Stack>
        <Text>{link.usedAt === undefined ? 'Nobody has made a credential with it, and nobody can any more.' : 'It opens nothing any more. The credential that it made goes on working; the page of credentials ends that.'}</Text>
        {end.isError && <Failed error={end.error} what="Ending the link" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          <Button color="bad" loading={end.isPending} onClick={() => end.mutate()}>End the link</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
