import { Button, Container, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import type { Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { Copyable } from '../../parts/Copyable';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Failed } from '../../states/Failed';
import { Loading } from '../../states/Loading';
import { Light, useSaid } from '../connectors/Contact';
import { Guide } from '../connectors/Guide';
import { forget, keep, useSecret } from '../connectors/secrets';
import { ShownOnce } from '../connectors/ShownOnce';
import { contactBy, credentialBy, shownBy } from './reading';

type Shown = Schema<'ShownConnector'>;

const place = 'connect-with'; // of the secret that is shown once, and of the file it is saved as

// ConnectWith is where a set-up link leads: what to do at the identity provider, the one credential
// that goes there, and whether it gets through. What stands behind the # is the link's secret; it
// goes to Muster alone.
export function ConnectWith() {
  const { hash } = useLocation();
  return (
    <Container component="main" size="lg" py={{ base: 'lg', sm: '3rem' }}>
      {hash === '' ? <Useless detail="There is nothing behind the # of this address. Copy the whole link." /> : <OfLink key={hash} link={hash} />}
    </Container>
  );
}

const title = 'Connect an identity provider with a link';

let visits = 0;

function OfLink({ link }: { link: string }) {
  const [visit] = useState(() => ++visits);
  const query = useQuery(shownBy(link, visit));
  if (query.isError && problemOf(query.error).status === 404) return <Useless detail={problemOf(query.error).detail} />;
  if (query.isError) return <Page title={title}><Failed error={query.error} retry={() => void query.refetch()} what="Reading the link" /></Page>;
  if (query.data === undefined) return <Page title={title}><Loading what="what the link is for" lines={6} /></Page>;
  return <Connecting link={link} visit={visit} shown={query.data} refresh={() => void query.refetch()} />;
}

function Useless({ detail }: { detail: string }) {
  return <Page title={title}><Note tone="bad" title="This link does not work" alert><Text>{detail}</Text></Note></Page>;
}

function Connecting({ link, visit, shown, refresh }: { link: string; visit: number; shown: Shown; refresh: () => void }) {
  const [wanted, setWanted] = useState<string>();
  const guide = shown.guides.find((g) => g.id === wanted) ?? shown.guides[0];
  const secret = useSecret(place);
  useEffect(() => () => forget(place), []);
  const old = guide?.scim === '1.1';
  return (
    <Page title={title} heading={<>Connect <Name>{shown.name}</Name></>}>
      <Text>This page is for <Name>{shown.for}</Name>. It shows nothing but this one connection, and ends <When at={shown.expiresAt} />.</Text>
      <div className="beside">
        <Stack gap="lg" style={{ minWidth: 0 }}>
          {shown.guides.length > 1 && (
            <NativeSelect label="What is connected" maw="34rem" value={guide?.id} data={shown.guides.map((g) => ({ value: g.id, label: g.title }))} onChange={(e) => setWanted(e.currentTarget.value)} />
          )}
          <Stack component="section" gap="sm" aria-labelledby="values">
            <Title order={2} id="values">Copy these to the identity provider</Title>
            <Text fw={600}>Base URL of SCIM {old ? '1.1' : '2.0'}</Text>
            <Copyable text={old ? shown.scim.v1 : shown.scim.v2} what="base URL" />
            {secret !== undefined ? <ShownOnce slug={place} shown={secret} /> : <Credential link={link} shown={shown} kind={guide?.credential ?? 'bearer'} onMade={refresh} />}
          </Stack>
          {guide !== undefined && <Guide guide={guide} slug={shown.scim.v2} />}
        </Stack>
        <Contact link={link} visit={visit} base={shown.scim.v2} />
      </div>
    </Page>
  );
}

const called = { bearer: { what: 'Token', make: 'Make the token' }, basic: { what: 'User name and password', make: 'Make the user name and password' }, oauth: { what: 'OAuth client', make: 'Make the OAuth client' } };

// Credential makes the one credential that the link is for.
function Credential({ link, shown, kind, onMade }: { link: string; shown: Shown; kind: keyof typeof called; onMade: () => void }) {
  const make = useMutation({
    mutationFn: () => credentialBy(link, kind),
    onSuccess: (made) => {
      keep(place, { kind: made.kind, token: made.token, basic: made.basic, oauth: made.oauth });
      onMade();
    },
    onError: onMade, // somebody else with this link may have been first
  });
  return (
    <>
      <Text fw={600}>{called[kind].what}</Text>
      {shown.made
        ? <Text>This link has made its credential, which was shown once. If it got lost, ask whoever sent the link for another.</Text>
        : (
          <>
            <Text>It can be made once with this link, and is shown once: have the form of the identity provider open.</Text>
            <Group><Button loading={make.isPending} onClick={() => make.mutate()}>{called[kind].make}</Button></Group>
          </>
        )}
      {make.isError && problemOf(make.error).code !== 'setupLinkUsed' && <Failed error={make.error} what="Making the credential" />}
    </>
  );
}

// Contact is the waiting light.
function Contact({ link, visit, base }: { link: string; visit: number; base: string }) {
  const query = useQuery(contactBy(link, visit));
  const contact = query.data === undefined ? undefined : { ...query.data, asked: [] };
  useSaid(contact);
  return (
    <Stack component="section" className="panel" gap="sm" aria-labelledby="contact">
      <Title order={2} id="contact">Connection</Title>
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} what="Reading how it gets on" />}
      {contact !== undefined ? <Light contact={contact} base={base} /> : !query.isError && <Loading what="how it gets on" lines={3} />}
    </Stack>
  );
}
