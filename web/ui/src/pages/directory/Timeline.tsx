import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { Name } from '../../parts/Name';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { eventsOf } from './reading';
import { Heading } from './Heading';
import { actionWords } from './words';

type Event = Schema<'Event'>;

const step = 20;
const most = 500; // that one answer has

// Timeline is what happened to a user, the newest first, each with its cause.
export function Timeline({ d, id }: { d: string; id: string }) {
  const [limit, setLimit] = useState(step);
  const query = useQuery(eventsOf(d, id, limit));
  return (
    <section>
      <Heading>What happened</Heading>
      <Answer query={query} what="what happened">
        {({ items, next }) => items.length === 0
          ? <Text>No event of this user is kept.</Text>
          : (
            <>
              <DataTable caption="What happened" rows={items} id={(e) => e.id} columns={[
                { head: 'When', cell: (e) => <When at={e.time} /> },
                { head: 'What', cell: (e) => <What event={e} /> },
                { head: 'By', cell: (e) => <By event={e} /> },
                { head: 'Request', cell: (e) => (e.request === undefined ? '' : <code>{e.request}</code>) },
              ]} />
              {(next ?? undefined) !== undefined && limit < most && <Group mt="sm"><Button variant="default" onClick={() => setLimit(Math.min(limit + 4 * step, most))}>Show older</Button></Group>}
              {(next ?? undefined) !== undefined && limit >= most && <Text mt="sm">Older events are in the audit: <code>muster events --user {id}</code></Text>}
            </>
          )}
      </Answer>
    </section>
  );
}

function What({ event }: { event: Event }) {
  const changes = (event.changes ?? {}) as Record<string, unknown>;
  const group = changes['group'];
  return (
    <>
      {actionWords(event.action)}{typeof group === 'string' && <> <Name>{group}</Name></>}
      {Object.keys(changes).length > 0 && (
        <details>
          <summary>Details<span className="visually-hidden"> of {actionWords(event.action)}</span></summary>
          <pre className="code" tabIndex={0} aria-label={`Details of ${actionWords(event.action)}`} role="region">{plain(changes)}</pre>
        </details>
      )}
    </>
  );
}

function By({ event }: { event: Event }) {
  if (event.actorType === 'system') return <>Muster{event.connector !== undefined && <>, for {event.connector}</>}</>;
  if (event.actorType === 'admin') return <>administrator <Name>{event.actor}</Name></>;
  return <>{event.connector ?? 'an IdP'}{event.credential !== undefined && <>, with “<Name>{event.credential}</Name>”</>}</>;
}

// plain is JSON in which everything that cannot be seen is written as its number.
function plain(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
