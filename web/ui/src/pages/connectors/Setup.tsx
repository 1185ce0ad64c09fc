import { NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

import { Answer } from '../../states/Answer';
import { Contact } from './Contact';
import { Guide } from './Guide';
import { allGuides, guideFor, oneConnector } from './reading';
import { SetupLinks } from './SetupLinks';
import { Values } from './Values';

// Setup is what to do at the IdP, with what to copy there, beside what Muster hears of it.
export function Setup() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/setup' });
  const connector = useQuery(oneConnector(slug));
  const guides = useQuery(allGuides);
  const wanted = useSearch({ from: '/shell/connectors/$slug/setup' }).guide;
  const navigate = useNavigate();
  const fitting = guides.data?.filter((g) => g.kind === connector.data?.kind && g.id !== 'health') ?? [];
  const guide = fitting.find((g) => g.id === wanted) ?? fitting[0];
  if (connector.data === undefined) return null; // the page around this says why
  return (
    <div className="beside">
      <Stack gap="lg" style={{ minWidth: 0 }}>
        <Answer query={guides} what="the guides">
          {() => (
            <>
              {fitting.length > 1 && (
                <NativeSelect label="What is connected" maw="34rem" value={guide?.id} data={fitting.map((g) => ({ value: g.id, label: g.title }))}
                  onChange={(e) => void navigate({ to: '/connectors/$slug/setup', params: { slug }, search: { guide: e.currentTarget.value }, replace: true })} />
              )}
              <Values connector={connector.data} credential={guide?.credential ?? 'bearer'} scim={guide?.scim ?? '2.0'} />
              {guide === undefined
                ? <Text>There is no guide for this product. Enter the base URL and the token where it asks for a SCIM connection.</Text>
                : <Filled key={guide.id} id={guide.id} slug={slug} />}
            </>
          )}
        </Answer>
      </Stack>
      <Stack gap="lg" style={{ minWidth: 0 }}>
        <Contact connector={connector.data} />
        <SetupLinks slug={slug} />
      </Stack>
    </div>
  );
}

function Filled({ id, slug }: { id: string; slug: string }) {
  const query = useQuery(guideFor(id, slug));
  return <Answer query={query} what="the guide" lines={10}>{(guide) => <Guide guide={guide} slug={slug} />}</Answer>;
}
