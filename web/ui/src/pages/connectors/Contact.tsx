import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import type { Schema } from '../../api/client';
import { useLive } from '../../api/live';
import { announce } from '../../parts/announce';
import { Copyable } from '../../parts/Copyable';
import { DataTable } from '../../parts/DataTable';
import { IconWait } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { Note, State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Stale } from '../../states/Stale';
import { contactOf, streamOf } from './reading';

type Said = Schema<'Contact'>;

const patience = 5 * 60_000; // without a request; then we say how to look for the cause

// Contact is the waiting light: whether the IdP gets through, as it happens, and why not.
export function Contact({ connector }: { connector: Schema<'Connector'> }) {
  const slug = connector.slug;
  const cache = useQueryClient();
  const query = useQuery({ ...contactOf(slug), staleTime: Infinity });
  const live = useLive(streamOf(slug), (event, data) => {
    if (event === 'contact') cache.setQueryData(contactOf(slug).queryKey, JSON.parse(data) as Said);
  });
  useSaid(query.data);
  return (
    <Stack component="section" className="panel" gap="sm" aria-labelledby="contact">
      <Title order={2} id="contact">Connection</Title>
      {live === 'lost' && <Stale live since={query.dataUpdatedAt} refresh={() => void query.refetch()} />}
      <Answer query={query} what="how the identity provider gets on" lines={3}>
        {(contact) => <Light contact={contact} base={connector.scim.v2} />}
      </Answer>
    </Stack>
  );
}

// useSaid reads out what changes, once, and never what was there when the page opened.
export function useSaid(contact: Said | undefined) {
  const before = useRef<string>(undefined);
  const now = contact === undefined ? undefined : `${contact.state} ${contact.problems[0]?.diagnosis ?? ''}`;
  useEffect(() => {
    if (contact !== undefined && before.current !== undefined && before.current !== now) {
      if (contact.state === 'connected') announce('Connected: a request came through.');
      if (contact.state === 'trouble') announce(`Trouble: ${contact.problems[0]?.sentence ?? 'a request was refused'}`);
    }
    before.current = now;
  }, [contact, now]);
}

// Light is how the identity provider gets on, in words.
export function Light({ contact, base }: { contact: Said; base: string }) {
  const [first] = contact.problems;
  switch (contact.state) {
    case 'connected':
      return (
        <>
          <div><State tone="ok">Connected</State></div>
          <Heard contact={contact} />
          <Problems title="What was wrong before" problems={contact.problems} />
          <Asked asked={contact.asked} />
        </>
      );
    case 'trouble':
      return (
        <>
          <div><State tone="warn">Something comes that cannot work</State></div>
          {first !== undefined && <OneProblem problem={first} />}
          {contact.last !== undefined && <Heard contact={contact} />}
          <Problems title="What else was wrong" problems={contact.problems.slice(1)} />
          <Asked asked={contact.asked} />
        </>
      );
    default:
      return (
        <>
          <div><State tone="info" icon={<IconWait size={14} />}>Waiting for the first request</State></div>
          <Text>Let the identity provider test its connection. What arrives, or why it is refused, is shown here within two seconds.</Text>
          <Problems title="What was refused" problems={contact.problems} />
          <Nothing base={base} />
        </>
      );
  }
}

function Heard({ contact }: { contact: Said }) {
  return (
    <Text>
      Last heard <When at={contact.last} />{contact.version !== undefined && <>, speaking SCIM {contact.version}</>}
      {contact.credential !== undefined && <>, with <Name>{contact.credential}</Name></>}
      {contact.agent !== undefined && contact.agent !== '' && <>. It calls itself <Name>{contact.agent}</Name></>}.
    </Text>
  );
}

function OneProblem({ problem }: { problem: Said['problems'][number] }) {
  return (
    <Note tone="warn" title={problem.sentence}>
      <Text>{problem.next}</Text>
      <Text size="sm">
        {problem.hint !== undefined && <>What came: <code><Name>{problem.hint}</Name></code>. </>}
        {problem.credential !== undefined && <>Credential: <Name>{problem.credential}</Name>. </>}
        {problem.count === 1 ? 'Once' : `${problem.count} times`}, last <When at={problem.last} />, answered with {problem.status}.
      </Text>
    </Note>
  );
}

function Problems({ title, problems }: { title: string; problems: Said['problems'] }) {
  if (problems.length === 0) return null;
  return (
    <details>
      <summary>{title} ({problems.length})</summary>
      <Stack gap="xs">{problems.map((p, i) => <OneProblem key={`${p.diagnosis} ${p.hint} ${i}`} problem={p} />)}</Stack>
    </details>
  );
}

function Asked({ asked }: { asked: Said['asked'] }) {
  if (asked.length === 0) return null;
  return (
    <details>
      <summary>What it asked ({asked.length})</summary>
      <DataTable caption="What the identity provider asked" rows={asked} id={(a) => `${a.method} ${a.route} ${a.version} ${a.status} ${a.credential}`} columns={[
        { head: 'Request', cell: (a) => <code>{a.method} {a.route}</code> },
        { head: 'Answer', cell: (a) => a.status },
        { head: 'Times', cell: (a) => a.count, number: true },
        { head: 'Last', cell: (a) => <When at={a.last} /> },
      ]} />
    </details>
  );
}

// Nothing says how to look for the cause when nothing arrives; by itself once it takes too long.
function Nothing({ base }: { base: string }) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const late = setTimeout(() => setOpen(true), patience);
    return () => clearTimeout(late);
  }, []);
  if (!open) return <Group><Button variant="default" onClick={() => setOpen(true)}>Nothing arrives?</Button></Group>;
  return (
    <Note tone="info" title="Nothing has arrived yet">
      <Text>Then the identity provider does not reach this address: a wrong host name, a firewall or a certificate it does not trust. From a machine beside it, try:</Text>
      <Copyable what="command" text={`curl -i -H "Authorization: Bearer TOKEN" ${base}/ServiceProviderConfig`} />
      <Text>Any answer of Muster shows up here, a refusal too.</Text>
    </Note>
  );
}
