import { Container } from '@mantine/core';

import { Page } from '../parts/Page';
import { TextLink } from '../parts/links';

// Lost is the page of an address that leads nowhere.
export function Lost() {
  return (
    <Container component="main" size="xs" py={{ base: 'lg', sm: '4rem' }}>
      <Page title="No such page">
        <p>There is nothing at this address. <TextLink to="/">Go to the start.</TextLink></p>
      </Page>
    </Container>
  );
}
