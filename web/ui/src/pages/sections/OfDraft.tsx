import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Tagged } from '../../api/client';
import { useBarred } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import type { Rules } from '../rules/entries';
import { rulesInForce } from '../rules/reading';
import { useDraft, type Draft } from './draft';
import { keptFor, type Kept } from './kept';
import type { Page } from './pages';

interface Props {
  slug: string;
  page: Page;
  what: string; // what the page shows, while it is loading: "the mapping"
  children: (draft: Draft) => ReactNode;
}

// OfDraft reads the rules in force and the draft of a connector for a page that edits parts of them.
export function OfDraft({ slug, page, what, children }: Props) {
  const force = useQuery(rulesInForce(slug));
  const kept = useQuery(keptFor(slug, page));
  return (
    <Answer query={force} what={what} lines={8}>
      {(rules) => <Answer query={kept} what="the draft" lines={8}>{(read) => <Held key={slug} slug={slug} page={page} force={rules} read={read}>{children}</Held>}</Answer>}
    </Answer>
  );
}

function Held({ slug, page, force, read, children }: { slug: string; page: Page; force: Tagged<Rules>; read: Kept; children: Props['children'] }) {
  const may = useBarred('ruleEditor') === undefined;
  return children(useDraft(slug, page, force, read, may));
}
