import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { Schema } from '../../api/client';
import { useMe } from '../../auth';
import { Copyable } from '../../parts/Copyable';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { integrity } from '../activity/reading';

const late = 5 * 60_000; // milliseconds an event may wait before that is worth a look

// Integrity says how far the audit is sealed, to whom the whole audit is open.
export function Integrity() {
  const me = useMe();
  return me?.limited === true ? null : <Sealed />;
}

function Sealed() {
  const query = useQuery(integrity);
  return (
    <section className="panel" aria-labelledby="integrity">
      <Title order={2} id="integrity" mb="xs">Can it be believed?</Title>
      <Answer query={query} what="how far the audit is sealed" lines={3}>{(i) => <Facts i={i} />}</Answer>
    </section>
  );
}

function Facts({ i }: { i: Schema<'Integrity'> }) {
  return (
    <Stack gap="xs">
      <Text component="div"><Word i={i} /></Text>
      <Text>Each block of events holds the hash of the one before and a signature, so that a change, a gap or a missing end is found by <code>muster audit verify</code>. Keep these two outside of this machine:</Text>
      {i.head !== undefined && <div><Text fw={600}>Newest head</Text><Copyable text={i.head} what="newest head" /></div>}
      <div><Text fw={600}>Public key</Text><Copyable text={i.publicKey} what="public key" /></div>
      {i.dropped > 0 && <Text>{i.dropped.toLocaleString()} of {i.blocks.toLocaleString()} blocks hold no events any more, as they were older than the audit is kept.</Text>}
    </Stack>
  );
}

function Word({ i }: { i: Schema<'Integrity'> }) {
  const waiting = i.waiting >= 10_000 ? '10,000 events or more' : `${i.waiting.toLocaleString()} ${i.waiting === 1 ? 'event' : 'events'}`;
  if (i.oldest !== undefined && i.oldest !== null && Date.now() - Date.parse(i.oldest) > late) {
    return <><State tone="warn">Sealing is late</State> {waiting} wait to be sealed, the oldest since <When at={i.oldest} />. A transaction that runs long, also in another database of the server, holds it up; the log says more.</>;
  }
  if (i.sealed === null || i.sealed === undefined) return <><State tone="info">Not sealed yet</State> The first block comes within seconds of the first event.</>;
  return <><State tone="ok">Sealed</State> up to <When at={i.sealed} />, in {i.blocks.toLocaleString()} blocks.{i.waiting > 0 && <> {waiting} of the last seconds will be in the next one.</>}</>;
}
