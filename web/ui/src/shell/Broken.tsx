import type { ErrorComponentProps } from '@tanstack/react-router';

import { Page, useInPage } from '../parts/Page';
import { Failed } from '../states/Failed';
import { askAgain } from './lazyPage';

// Broken stands in the place of a page, or of a part of one, that could not be opened.
export function Broken({ error, reset }: ErrorComponentProps) {
  const framed = useInPage();
  const failed = <Failed error={error} retry={() => void askAgain(error).then(reset)} what="Opening this page" />;
  return framed ? failed : <Page title="This page did not open">{failed}</Page>;
}
