import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';

import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { heldNow } from './reading';
import { heldWords, sum } from './words';

const most = 3; // connectors that are named, so that the page stays visible

// Banner says on top of every page which connectors' changes are held. It cannot be closed: it
// goes when somebody has decided.
export function Banner() {
  const { data } = useQuery(heldNow);
  const { pathname } = useLocation();
  const held = (data ?? []).filter((h) => sum(h.counts) > 0 && pathname !== `/connectors/${h.connector}/holds`);
  if (held.length === 0) return null;
  return (
    <Stack gap="xs" mb="md">
      {held.slice(0, most).map((h) => (
        <Note key={h.connector} tone="bad" alert title={<>Changes of <Name>{h.connector}</Name> are held</>}>
          {heldWords(h.counts)}, since <When at={h.since} />. <TextLink to="/connectors/$slug/holds" params={{ slug: h.connector }}>Review what is held</TextLink>
        </Note>
      ))}
      {held.length > most && <Note tone="bad">Changes of {held.length - most} more connectors are held; each connector’s page says so.</Note>}
    </Stack>
  );
}
