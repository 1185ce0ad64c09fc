import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import type { Schema } from '../../api/client';
import { Copyable } from '../../parts/Copyable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Answer } from '../../states/Answer';
import { EventTable } from '../audit/EventTable';
import { oneRequest } from './reading';
import { Exact, plain, StatusState } from './words';

// Request is one SCIM request: what it asked, what it was answered, its body and what it changed.
export function Request() {
  const { id } = useParams({ from: '/shell/activity/$id' });
  const query = useQuery(oneRequest(id));
  return (
    <Page title={`Request ${id}`} heading="A request">
      <TextLink to="/activity">All activity</TextLink>
      <Answer query={query} what="the request" lines={8}>
        {(r) => (
          <Stack gap="xl">
            <Facts r={r} />
            <Body r={r} />
            <Changed r={r} />
          </Stack>
        )}
      </Answer>
    </Page>
  );
}

type Detail = Schema<'RequestDetail'>;

function Facts({ r }: { r: Detail }) {
  const facts: [string, ReactNode][] = [
    ['When', <Exact at={r.time} />],
    ['Connector', <TextLink to="/connectors/$slug" params={{ slug: r.connector }}><Name>{r.connector}</Name></TextLink>],
    ['What it asked', <><Name>{r.operation}</Name>: <code><Name>{`${r.method} ${r.path}`}</Name></code></>],
    ['Answered', <><StatusState status={r.status} /> in {r.milliseconds} ms</>],
    ['What came of it', <Name>{r.erased === true ? 'Left out, as somebody was erased whom it named' : r.detail ?? r.effect ?? 'nothing'}</Name>],
    ['Credential', r.credential === undefined ? 'unknown' : <Name>{r.credential}</Name>],
    ['From', <><Name>{r.address ?? 'unknown'}</Name>{r.agent !== undefined && <>, <Name>{r.agent}</Name></>}, SCIM {r.version}</>],
    ['Id', <Copyable text={r.id} what="request’s id" />],
  ];
  return <dl className="fields">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Body({ r }: { r: Detail }) {
  return (
    <section>
      <Title order={2} mb="xs">Its body</Title>
      {r.body === undefined
        ? <Text>{r.erased === true ? 'It was taken out, as somebody was erased whom it named.' : r.cut === true ? 'None is kept: it was no JSON object, or too large, or the connector keeps no bodies.' : 'It had none.'}</Text>
        : (
          <>
            <Text mb="xs">Secrets, and attributes that the connector calls sensitive, are masked.{r.cut === true && ' It is shortened.'}</Text>
            <pre className="code" tabIndex={0} role="region" aria-label="Body of the request">{plain(r.body)}</pre>
          </>
        )}
    </section>
  );
}

function Changed({ r }: { r: Detail }) {
  const would = r.events.some((e) => (e.changes as Record<string, unknown> | undefined)?.['would'] !== undefined);
  return (
    <section>
      <Title order={2} mb="xs">{would ? 'What it would have changed' : 'What it changed'}</Title>
      {would && <Text mb="xs">The connector observed, so only its record changed. What going live would have made of it stands in the details, as <code>would</code>.</Text>}
      {r.events.length === 0
        ? <Text>Nothing: no event is of this request.</Text>
        : <EventTable caption="Events of the request" events={r.events} />}
      {r.further === true && <Text mt="sm">There are more: <TextLink to="/audit" search={{ request: r.id }}>all events of this request</TextLink></Text>}
    </section>
  );
}
