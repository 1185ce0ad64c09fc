import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import { Answer } from '../../states/Answer';
import { Ends } from './Ends';
import { settingsOf } from './reading';
import { SettingsForm } from './SettingsForm';

// Profile are a connector's settings, and the ways to its end.
export function Profile() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/settings' });
  const query = useQuery(settingsOf(slug));
  return (
    <Answer query={query} what="the settings" lines={8}>
      {(read) => (
        <Stack gap="xl" maw="46rem">
          <SettingsForm key={slug} slug={slug} read={read} again={() => query.refetch().then((r) => r.data)} />
          <Ends connector={read.value} />
        </Stack>
      )}
    </Answer>
  );
}
