import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { useBarred } from '../../parts/roles';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { idsOf, type UserDetail } from './reading';
import { Try } from './Try';
import { Unlink } from './Unlink';
import { Heading } from './Heading';
import { recordStates } from './words';

type Found = Schema<'FoundRecord'>;

// Says is what each IdP says of a user, beside what the directory makes of it.
export function Says({ d, user }: { d: string; user: UserDetail }) {
  const query = useQuery({ ...idsOf(d, user.id), enabled: user.records.length > 0 });
  return (
    <section>
      <Heading>What each IdP says</Heading>
      {user.records.length === 0
        ? <Text>No connector ever held a record of this user: it is local.</Text>
        : <Answer query={query} what="the records">{(records) => <Beside d={d} user={user} records={records} />}</Answer>}
    </section>
  );
}

function Beside({ d, user, records }: { d: string; user: UserDetail; records: Found[] }) {
  const unlinking = useBarred('operator') === undefined;
  const trying = useBarred('operator', true) === undefined;
  const [dialog, setDialog] = useState<{ unlink?: string; try?: Schema<'Record'> }>();
  const emails = Array.isArray(user['emails']) ? user['emails'] as { value?: string; primary?: boolean }[] : [];
  const email = (emails.find((e) => e.primary) ?? emails[0])?.value;
  const rows = [
    { what: 'Status', result: user.status, of: (r: Found) => recordStates[r.state] },
    { what: 'userName', result: user.userName, of: (r: Found) => r.userName },
    { what: 'E-mail', result: email, of: (r: Found) => r.email },
    { what: 'externalId', result: user['externalId'], of: (r: Found) => r.externalId },
    { what: 'employeeNumber', result: undefined, of: (r: Found) => r.employeeNumber },
    { what: 'Id', result: user.id, of: (r: Found) => r.id },
  ].filter((row) => row.result !== undefined || records.some((r) => row.of(r) !== undefined));
  const value = (v: unknown) => (typeof v === 'string' ? <Name>{v}</Name> : <Text span c="dimmed">–</Text>);
  return (
    <>
      <DataTable caption="What each IdP says, beside the result" rows={rows} id={(row) => row.what} columns={[
        { head: 'What', cell: (row) => row.what },
        ...records.map((r) => ({ head: r.connector, cell: (row: typeof rows[number]) => value(row.of(r)) })),
        { head: 'Result', cell: (row) => <strong>{value(row.result)}</strong> },
      ]} />
      <Group mt="sm" gap="lg" component="ul" style={{ listStyle: 'none', padding: 0 }} align="stretch">
        {user.records.map((r) => (
          <li key={r.connector + r.id} className="panel">
            <Text mb="xs"><TextLink to="/connectors/$slug" params={{ slug: r.connector }}>{r.connector}</TextLink>: linked <When at={r.linked} never="never" />, last changed <When at={r.modified} never="not known" /></Text>
            {r.state !== 'deleted' && (
              <Group gap="xs">
                {trying && <Button variant="default" size="compact-md" mih={36} aria-label={`Try a request of ${r.connector}`} onClick={() => setDialog({ try: r })}>Try…</Button>}
                {unlinking && <Button variant="outline" color="bad" size="compact-md" mih={36} aria-label={`Unlink the record of ${r.connector}`} onClick={() => setDialog({ unlink: r.connector })}>Unlink…</Button>}
              </Group>
            )}
          </li>
        ))}
      </Group>
      {dialog?.unlink !== undefined && <Unlink d={d} user={user} connector={dialog.unlink} onClose={() => setDialog(undefined)} />}
      {dialog?.try !== undefined && <Try record={dialog.try} onClose={() => setDialog(undefined)} />}
    </>
  );
}
