import { SimpleGrid, Stack, Text } from '@mantine/core';
import { Link, useSearch } from '@tanstack/react-router';

import { Page } from '../../parts/Page';
import { TextLink } from '../../parts/links';
import { Allowed } from '../../parts/roles';
import { ConnectForm } from './ConnectForm';
import { kindLabel, kinds } from './words';

// Connect makes a connector: pick the product, type a name.
export function Connect() {
  const { kind } = useSearch({ from: '/shell/connect' });
  const picked = kinds.find((k) => k.kind === kind);
  if (picked === undefined) return <Pick key="pick" />;
  return (
    <Page key={picked.kind} title={`Connect ${picked.kind === 'generic' ? 'an identity provider' : kindLabel(picked.kind)}`}>
      <Text><TextLink to="/connect">Pick another product</TextLink></Text>
      <Allowed role="ruleEditor" deployment><ConnectForm kind={picked.kind} /></Allowed>
    </Page>
  );
}

function Pick() {
  return (
    <Page title="Add a connector">
      <Allowed role="ruleEditor" deployment><Text>Which identity provider is to provision?</Text></Allowed>
      <SimpleGrid component="ul" cols={{ base: 1, xs: 2, lg: 3 }} style={{ listStyle: 'none', padding: 0, margin: 0 }}>
        {kinds.map(({ kind, label, hint }) => (
          <li key={kind}>
            <Link to="/connect" search={{ kind }} className="tile">
              <Stack gap={2}>
                <strong>{label}</strong>
                <span>{hint}</span>
              </Stack>
            </Link>
          </li>
        ))}
      </SimpleGrid>
    </Page>
  );
}
