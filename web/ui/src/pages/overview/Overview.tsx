import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { Page } from '../../parts/Page';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Decisions } from './Decisions';
import { FirstStart } from './FirstStart';
import { standing } from './reading';
import { Standings } from './Standings';
import { Traffic } from './Traffic';

// Overview is where one starts: what the server lacks and what waits for
// a decision first, then how each connector stands,
// then what came and what it did.
export function Overview() {
  const query = useQuery(standing);
  return (
    <Page title="Overview">
      <Answer query={query} what="the overview" lines={10}>
        {({ connectors, degraded = [] }) => (
          <Stack gap="xl">
            {degraded.map((d) => <Note key={d.name} tone="warn" title={`Muster serves on without ${d.name}`}>It {d.detail}. {d.next}</Note>)}
            {connectors.length === 0 ? <FirstStart /> : (
              <>
                <Decisions connectors={connectors} />
                <Standings connectors={connectors} />
                <Traffic connectors={connectors} />
              </>
            )}
          </Stack>
        )}
      </Answer>
    </Page>
  );
}
