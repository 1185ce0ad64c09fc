import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';

import type { Schema } from '../../api/client';
import { ButtonLink } from '../../parts/links';
import { rulesInForce } from '../rules/reading';
import { PageLinks } from '../sections/DraftBar';
import { changed, pages, type Page } from '../sections/pages';

interface Props {
  slug: string;
  plan: Schema<'Plan'>;
}

// useChanged are the pages whose parts of the rules a plan changes. Nobody can tell any more once
// it is applied, and of a plan of something else than rules there are none.
function useChanged({ slug, plan }: Props): Page[] {
  const { rules } = plan.draft;
  const force = useQuery({ ...rulesInForce(slug), enabled: rules !== undefined });
  return rules === undefined || force.data === undefined || plan.state === 'applied' ? [] : changed(rules, force.data.value);
}

// Names says which parts of the rules a plan changes, each with the way to its page.
export function Names({ slug, plan }: Props) {
  const names = useChanged({ slug, plan });
  return names.length === 0 ? null : <Text>It changes <PageLinks slug={slug} names={names} />.</Text>;
}

// Back leads to the page that the plan was made on, or to one that edits what it changes.
export function Back({ slug, plan }: Props) {
  const { from } = useSearch({ from: '/shell/connectors/$slug/plans/$plan' });
  const names = useChanged({ slug, plan });
  if (plan.draft.rules === undefined) return <ButtonLink variant="default" to="/connectors/$slug/mode" params={{ slug }}>Back to the mode</ButtonLink>;
  const page = pages.find((p) => p.page === (from ?? names[0])) ?? pages[0];
  return <ButtonLink variant="default" to={page.to} params={{ slug }}>{page.back}</ButtonLink>;
}
