import { Button, Group } from '@mantine/core';

import { problemOf } from '../api/problem';
import { Copy } from '../parts/Copy';
import { Note } from '../parts/State';

// barring are the codes of what one's own role, tenants or way in do not allow.
const barring = new Set(['roleNeeded', 'deploymentOnly', 'sessionNeeded']);

// Failed says what went wrong with the server's own words, under which code and request it is
// found, and offers to try again where there is something to try.
export function Failed({ error, retry, what = 'This' }: { error: unknown; retry?: () => void; what?: string }) {
  const problem = problemOf(error);
  if (problem.status === 403 && barring.has(problem.code)) return <Forbidden detail={problem.detail} />;
  const reference = [problem.code, problem.request].filter((s) => s !== '').join(' · ');
  return (
    <Note tone="bad" title={problem.status === 404 ? 'Not found' : `${what} did not work`} alert>
      <p style={{ margin: '0.25rem 0 0.5rem' }}>{problem.detail}</p>
      <Group gap="sm">
        {retry !== undefined && <Button variant="default" size="compact-md" mih={36} onClick={retry}>Try again</Button>}
        <code>{reference}</code>
        <Copy text={`${problem.detail} (${reference})`} what="problem" />
      </Group>
    </Note>
  );
}

// Forbidden says what one may not do here, and who may.
export function Forbidden({ detail }: { detail: string }) {
  return <Note tone="info" title="Your role does not allow this">{detail}</Note>;
}
